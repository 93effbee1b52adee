/** The library's token app alone in a process, in one of its variants. */
import { loadLibrary } from '../library';
import { type Target, tokenCredentials } from '../target';
import { listenKoa } from './listen';
import { SecuredApps, type Variant } from './secured-app';

export async function start({ root, variant }: { root?: string; variant?: Variant }): Promise<Target[]> {
  const apps = new SecuredApps(loadLibrary(root), variant);
  const token = tokenCredentials(await apps.mint());
  const port = await listenKoa(apps.build('token'));
  return [
    { name: 'token', port, path: '/guarded', ...token },
    { name: 'open', port, path: '/open', right: {}, wrong: [] },
  ];
}
