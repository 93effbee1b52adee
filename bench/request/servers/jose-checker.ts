import { loadLibrary } from '../library';
import { type Target, tokenCredentials } from '../target';
import { jose } from './by-hand';
import { listenKoa } from './listen';
import { plainApp } from './plain-app';

export async function start({ token }: { token: string }): Promise<Target[]> {
  const port = await listenKoa(plainApp(loadLibrary(), jose()));
  return [{ name: 'jose checker', port, path: '/guarded', ...tokenCredentials(token) }];
}
