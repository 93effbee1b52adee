/** Resolves once the check holds. The time limit of the test ends the wait. */
export async function eventually(check: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await check())) await new Promise((resume) => setTimeout(resume, 10));
}
