import { expect } from 'chai';
import { FaultReports, isServerFault, NTLM, ticketFault } from '../../../src/kerberos/ticket-faults';

describe('ticketFault', () => {
  const words: Readonly<Record<string, string | undefined>> = {
    'Clock skew too great': 'clock skew',
    'Request ticket server HTTP/a@A kvno 3 not found in keytab; keytab is likely out of date': 'key version',
    'Request ticket server imap/a@A not found in keytab (ticket kvno 2)': 'service',
    'Request ticket server HTTP/b@A found in keytab but does not match server principal HTTP/a@': 'service',
    'Request ticket server HTTP/a@A kvno 2 enctype aes256-cts found in keytab but cannot decrypt ticket':
      'key',
    'Request is a replay': undefined,
    'Ticket expired': undefined,
    Success: undefined,
    'Invalid token was supplied: Unknown error': undefined,
  };
  for (const [text, kind] of Object.entries(words)) {
    it(`takes "${text}" for ${kind === undefined ? 'nothing to put right' : `a fault of the ${kind}`}`, () => {
      expect(ticketFault(text)?.kind).to.equal(kind);
      expect(isServerFault(text)).to.equal(false);
    });
  }

  it('takes a replay cache that cannot be written for the server’s own fault', () => {
    expect(isServerFault('Permission denied (filename: /var/tmp/krb5_0.rcache2)')).to.equal(true);
    expect(isServerFault('Cannot create replay cache: Permission denied')).to.equal(true);
  });
});

describe('FaultReports', () => {
  it('says each kind once an hour, and again when the clock was set back', () => {
    const reports = new FaultReports();
    const other = { ...NTLM, kind: 'other' };
    expect(reports.isDue(NTLM, 1_000_000)).to.equal(true);
    expect(reports.isDue(NTLM, 1_000_000 + 3_599_999)).to.equal(false);
    expect(reports.isDue(other, 1_000_000)).to.equal(true);
    expect(reports.isDue(NTLM, 1_000_000 + 3_600_000)).to.equal(true);
    expect(reports.isDue(NTLM, 1_000_000)).to.equal(true);
  });
});
