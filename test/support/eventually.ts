/** Resolves once the check holds. The test's own time limit ends the waiting. */
export async function eventually(check: () => boolean): Promise<void> {
  while (!check()) await new Promise((resume) => setTimeout(resume, 2));
}
