import { Public } from 'securest';
import { Get, JsonController } from 'routing-controllers';

@JsonController()
export class HealthController {
  /** The only action that is open to anyone: the app's default is 'authenticated'. */
  @Public()
  @Get('/health')
  health() {
    return { status: 'ok' };
  }
}
