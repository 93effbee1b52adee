/** The process of the clients. */
import { MixedClients } from './mixed-clients';
import { answerCalls } from './processes';

answerCalls({
  run: (asked) => {
    const { port, seconds } = asked as { port: number; seconds: number };
    return new MixedClients(port, performance.now() + seconds * 1000).run();
  },
});
