/** Processes that race for the same entries. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { openDatabase } from '../../src/cli/open-database';
import { SqlState } from '../../src/sql/sql-state';
import { compiled } from '../support/compiled';
import { type Result, textOf } from '../fixtures/sql/state-race';

const FAR_MS = 3_600_000;

/** Who won each round: each writer of each process swaps the text of the round before. */
export async function raceInProcesses(
  target: string,
  processes: number,
  rounds: number,
): Promise<readonly (readonly number[])[]> {
  const { client, close } = await openDatabase(target);
  const state = new SqlState({ client });
  const far = new Date(Date.now() + FAR_MS);
  const children = Array.from({ length: processes }, (_, at) =>
    fork(compiled('test/fixtures/sql/state-race.ts'), [target, String(at)], {
      execArgv: [],
      stdio: 'inherit',
    }),
  );
  try {
    await Promise.all(children.map((child) => once(child, 'message')));
    const wins: number[][] = [];
    for (let round = 0; round < rounds; round += 1) {
      const key = `race:${String(round)}`;
      await state.delete(key);
      if (!(await state.set(key, textOf(round, -1), undefined, far))) throw new Error('no entry to race for');
      const answers = children.map((child) => once(child, 'message') as Promise<[Result[]]>);
      for (const child of children) child.send(round);
      const results = (await Promise.all(answers)).flatMap(([won]) => won);
      wins.push(results.map(({ writer }) => writer));
      const [winner] = results;
      const found = await state.get(key);
      if (winner !== undefined && found !== textOf(round, winner.writer)) throw new Error('another text won');
    }
    return wins;
  } finally {
    for (const child of children) child.kill();
    await state.close();
    await close();
  }
}
