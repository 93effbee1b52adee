import type { Authentication, User } from 'securest';
import { CurrentAuthentication } from 'securest';
import { IsNotEmpty, IsString, MaxLength } from 'class-validator';
import { Body, CurrentUser, Get, HttpCode, JsonController, Post } from 'routing-controllers';

export class NoticeBody {
  @IsString()
  @IsNotEmpty()
  @MaxLength(1000)
  text!: string;
}

@JsonController('/me')
export class MeController {
  @Get('/')
  me(@CurrentUser() { username, email, groups }: User, @CurrentAuthentication() { methods }: Authentication) {
    return { username, email, groups, methods };
  }
}

/** permissions.yaml states which roles may read and write notices. */
@JsonController('/notices')
export class NoticesController {
  private readonly notices: { author: string; text: string }[] = [];

  @Get('/')
  list() {
    return this.notices;
  }

  @HttpCode(201)
  @Post('/')
  add(@CurrentUser() user: User, @Body() { text }: NoticeBody) {
    const notice = { author: user.username, text };
    this.notices.push(notice);
    if (this.notices.length > 1000) this.notices.shift();
    return notice;
  }
}

@JsonController('/salaries')
export class SalariesController {
  @Get('/')
  list() {
    return { alice: 5000, bob: 5000, carol: 5000 };
  }
}
