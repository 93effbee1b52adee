/** Binary attribute values, as bytes or in their usual text form. */

/** The form in which the app gets the octets of an attribute. */
export type OctetForm = 'bytes' | 'guid' | 'sid' | 'hex' | 'base64';

export const OCTET_FORMS = ['bytes', 'guid', 'sid', 'hex', 'base64'] as const;

/** Attributes that hold octets by their schema. Some of their values may be valid UTF-8, but they are not text. */
const OCTETS = new Set(
  [
    ...['objectGUID', 'objectSid', 'sIDHistory', 'tokenGroups', 'tokenGroupsGlobalAndUniversal'],
    ...['mS-DS-ConsistencyGuid', 'msExchMailboxGuid', 'msExchMasterAccountSid', 'securityIdentifier'],
    ...[
      'jpegPhoto',
      'thumbnailPhoto',
      'thumbnailLogo',
      'photo',
      'audio',
      'logonHours',
      'nTSecurityDescriptor',
    ],
    ...['userCertificate', 'userSMIMECertificate', 'userPKCS12', 'cACertificate', 'replPropertyMetaData'],
  ].map((name) => name.toLowerCase()),
);

/** Whether an attribute holds octets by its schema. */
export function isOctets(attribute: string): boolean {
  const [name = '', ...options] = attribute.toLowerCase().split(';');
  return OCTETS.has(name) || options.includes('binary');
}

/** @throws Error for octets that do not have that form */
export function octetsAs(octets: Buffer, form: OctetForm): Buffer | string {
  switch (form) {
    case 'bytes':
      return octets;
    case 'guid':
      return guidOf(octets);
    case 'sid':
      return sidOf(octets);
    default:
      return octets.toString(form);
  }
}

/** The first three numbers are little-endian. @see MS-DTYP section 2.3.4.2 */
function guidOf(octets: Buffer): string {
  if (octets.length !== 16) throw new Error('LdapUserstore: a value is not a GUID');
  const bytes = Buffer.from(octets);
  bytes.subarray(0, 4).reverse();
  bytes.subarray(4, 6).reverse();
  bytes.subarray(6, 8).reverse();
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** @see MS-DTYP section 2.4.2.2 */
function sidOf(octets: Buffer): string {
  const [revision, count = 0] = octets;
  if (revision !== 1 || count > 15 || octets.length !== 8 + 4 * count) {
    throw new Error('LdapUserstore: a value is not a SID');
  }
  const parts = Array.from({ length: count }, (_, index) => octets.readUInt32LE(8 + 4 * index));
  return ['S', 1, octets.readUIntBE(2, 6), ...parts].join('-');
}
