/** Open and guarded routes of all kinds in one process, each on a port of its own: what is shared, all share. */
import { loadLibrary } from '../library';
import { basicCredentials, keyCredentials, type Target, tokenCredentials } from '../target';
import { BY_HAND, cachedBasic } from './by-hand';
import { listenKoa } from './listen';
import { plainApp } from './plain-app';
import { type Kind, SecuredApps } from './secured-app';

export async function start({ root }: { root?: string }): Promise<Target[]> {
  const library = loadLibrary(root);
  const apps = new SecuredApps(library);
  const token = tokenCredentials(await apps.mint());
  const credentials = { token, basic: basicCredentials(), key: keyCredentials() };
  const open = { path: '/open', right: {}, wrong: [] };
  const targets: Target[] = [{ name: 'open', port: await listenKoa(plainApp(library)), ...open }];
  for (const [name, make] of BY_HAND) {
    const port = await listenKoa(plainApp(library, make()));
    targets.push({ name, port, path: '/guarded', ...token });
  }
  const port = await listenKoa(plainApp(library, cachedBasic()));
  targets.push({ name: 'cached Basic', port, path: '/guarded', ...credentials.basic });
  for (const kind of ['token', 'basic', 'key'] satisfies Kind[]) {
    const own = await listenKoa(apps.build(kind));
    targets.push({ name: `securest ${kind}`, port: own, path: '/guarded', ...credentials[kind] });
    if (kind !== 'token') continue;
    targets.push({ name: 'securest open', port: own, ...open });
    targets.push({ name: 'securest token and role', port: own, path: '/admin', ...token });
  }
  return targets;
}
