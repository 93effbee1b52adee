import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Public } from 'securest';
import { ContentType, Controller, Get } from 'routing-controllers';

const read = (name: string): string => readFileSync(join(__dirname, '../public', name), 'utf8');
const STYLE = read('style.css');
const SCRIPT = read('script.js');

@Controller()
export class Assets {
  @Public()
  @Get('/style.css')
  @ContentType('text/css; charset=utf-8')
  style(): string {
    return STYLE;
  }

  @Public()
  @Get('/script.js')
  @ContentType('text/javascript; charset=utf-8')
  script(): string {
    return SCRIPT;
  }
}
