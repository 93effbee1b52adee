/** A process with one of the servers: it starts it, and says what CPU it has used. */
import { answerCalls } from './processes';
import type { Target } from './target';

const [, , name = '', config = '{}'] = process.argv;

answerCalls({
  start: async () => {
    const { start } = (await import(`./servers/${name}`)) as {
      start: (config: unknown) => Promise<Target[]>;
    };
    return start(JSON.parse(config));
  },
  /** Microseconds of all threads. */
  cpu: () => {
    const { user, system } = process.cpuUsage();
    return user + system;
  },
});
