/**
 * A suite that needs a server. Where the server is missing it is skipped and says why, except in CI, where that is
 * a failure.
 */
export function describeWith(missing: string | undefined, title: string, suite: () => void): void {
  if (missing === undefined) {
    describe(title, suite);
  } else if (process.env.CI === undefined) {
    describe.skip(`${title}: skipped, because ${missing}`, suite);
  } else {
    describe(title, () => {
      it('has its server', () => {
        throw new Error(missing);
      });
    });
  }
}
