import { Public } from 'securest';
import { Get, JsonController } from 'routing-controllers';

@JsonController()
export class Health {
  @Public()
  @Get('/health')
  health(): { status: string } {
    return { status: 'ok' };
  }
}
