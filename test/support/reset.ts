import { getMetadataArgsStorage } from 'routing-controllers';
import { Container } from 'typedi';
import type { Logger } from '../../src/core/logger';
import { forgetBuilds } from '../../src/host/build-watch';
import { resetRegistry } from '../../src/components/registry';

/** Forgets the classes that earlier tests decorated. */
export function reset(): void {
  resetRegistry();
  forgetBuilds();
  getMetadataArgsStorage().reset();
  Container.of('default').reset({ strategy: 'resetServices' });
}

/** A logger that keeps its lines. */
export class MemoryLogger implements Logger {
  readonly lines: string[] = [];
  info(message: string): void {
    this.lines.push(`info ${message}`);
  }
  warn(message: string): void {
    this.lines.push(`warn ${message}`);
  }
  error(message: string): void {
    this.lines.push(`error ${message}`);
  }
}
