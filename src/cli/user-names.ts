import { printable } from '../util/printable';
import { type Command, RefusedError, UsageError } from './command';
import { refuseNames } from './new-names';
import { STORE_USAGE, withDirectory } from './open-directory';

export const userRoles = names('roles', 'role');
export const userGroups = names('groups', 'group');

function names(field: 'roles' | 'groups', one: string): Command {
  return {
    usage: `Usage: securest user ${field} <store> <username> <${one}>...
       securest user ${field} <store> <username> [--add <${one}>]... [--remove <${one}>]...
       securest user ${field} <store> <username> --none

Sets or changes a user's ${field}. Exits 1 if the user${field === 'groups' ? ' or group' : ''} does not exist.

${STORE_USAGE}

Options:
  --add <${one}>     may be given several times
  --remove <${one}>  may be given several times
  --none            remove all
  --json            print one JSON document
`,
    options: {
      add: { type: 'string', multiple: true },
      remove: { type: 'string', multiple: true },
      none: { type: 'boolean' },
    },

    async run(call) {
      const [store = '', username = '', ...given] = call.positionals;
      const [added, removed, isNone] = [call.texts('add'), call.texts('remove'), call.flag('none')];
      const isChange = added.length > 0 || removed.length > 0;
      const ways = [given.length > 0, isChange, isNone].filter(Boolean).length;
      if (store === '' || username === '' || ways !== 1) {
        throw new UsageError(
          `Expected <store> <username>, and either ${field}, --add and --remove, or --none`,
        );
      }
      return withDirectory(store, async (directory) => {
        let result: readonly string[] = [];
        const isKnown = await directory.update(username, (user) => {
          const held = user[field] ?? [];
          const kept = isChange ? held.filter((name) => !removed.includes(name)) : given;
          result = [...new Set([...kept, ...added])];
          // Names that the user already has may stay, even if they are not valid.
          refuseNames(
            field,
            result.filter((name) => !held.includes(name)),
          );
          return { [field]: result };
        });
        if (!isKnown) throw new RefusedError(`There is no user ${username}`);
        const text = `${printable(username)} has the ${field} ${printable(result.join(', ') || '(none)', 2000)}\n`;
        return { code: 0, text, json: { username, [field]: result } };
      });
    },
  };
}
