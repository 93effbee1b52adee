import type { User } from 'securest';
import { Authorized, CurrentUser, Get } from 'routing-controllers';

/** The base of every report. Its guard, its action and `@CurrentUser` all apply to its subclasses. */
@Authorized('admin')
export abstract class ReportController {
  @Get('/')
  async report(@CurrentUser() user: User) {
    return { requestedBy: user.username, rows: await this.rows() };
  }

  protected abstract rows(): Promise<object[]>;
}
