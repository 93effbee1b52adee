#!/usr/bin/env bash
# Casbin lists an inherited role of a user but does not grant the role's permissions.
#
# Expected: the behaviour that the package documents. Its RBAC page says that roles inherit and that a role manager
#   may have a highest level, and names getImplicitRolesForUser() and getImplicitPermissionsForUser() for the roles
#   and permissions that a user has in the end; an admin page built on these two functions should agree with
#   enforce().
# Seen: the default role manager stops at ten steps: enforce() then answers false, without an error or a log line,
#   while the two functions have no such limit and list all twenty roles and the permission itself.
# Versions: casbin 5.51.1.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund casbin@5.51.1 >/dev/null

node - <<'JS'
const { newEnforcer, newModel } = require('casbin');

const model = newModel(`
[request_definition]
r = sub, obj, act
[policy_definition]
p = sub, obj, act
[role_definition]
g = _, _
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = g(r.sub, p.sub) && r.obj == p.obj && r.act == p.act
`);

async function main() {
  const enforcer = await newEnforcer(model);
  await enforcer.addPolicy('role20', 'report', 'read');
  await enforcer.addGroupingPolicy('alice', 'role1');
  for (let n = 1; n < 20; n++) {
    await enforcer.addGroupingPolicy(`role${n}`, `role${n + 1}`);
  }
  const roles = await enforcer.getImplicitRolesForUser('alice');
  const permissions = await enforcer.getImplicitPermissionsForUser('alice');
  const alice = await enforcer.enforce('alice', 'report', 'read');
  const [ten, eleven] = [
    await enforcer.enforce('role10', 'report', 'read'),
    await enforcer.enforce('role9', 'report', 'read'),
  ];
  console.log(`implicit roles of alice: ${roles.length}, role20 among them: ${roles.includes('role20')}`);
  console.log(`implicit permissions of alice: ${JSON.stringify(permissions)}`);
  console.log(`enforce: ten steps ${ten}, eleven ${eleven}, alice (twenty) ${alice}`);
  process.exit(roles.includes('role20') && permissions.length === 1 && ten && !eleven && !alice ? 0 : 1);
}
main();
JS
