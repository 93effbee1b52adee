/** Resolves once the check holds. The test's own time limit ends the waiting. */
export async function eventually(check: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await check())) await new Promise((resume) => setTimeout(resume, 10));
}
