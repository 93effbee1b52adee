/** The value of a variable that servers.sh wrote into data/company.env. */
export function required(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') {
    throw new Error(`${name} is not set: example/company/servers.sh start, then npm run start:company`);
  }
  return value;
}
