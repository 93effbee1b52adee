/** An authority of the tests' own and its certificates, made by openssl. */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

export class Authority {
  constructor(private readonly folder: string) {
    this.#openssl(
      ...[
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:prime256v1',
        '-nodes',
        '-days',
        '2',
      ],
      ...['-subj', '/CN=tests', '-keyout', 'ca.key', '-out', 'ca.pem'],
    );
  }

  get ca(): string {
    return readFileSync(join(this.folder, 'ca.pem'), 'utf8');
  }

  /** @param names as of subjectAltName, `DNS:localhost,IP:127.0.0.1` */
  issue(name: string, names: string): Certificate {
    writeFileSync(join(this.folder, `${name}.ext`), `subjectAltName=${names}\n`);
    this.#openssl(
      ...['req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-subj', '/CN=tests'],
      ...['-keyout', `${name}.key`, '-out', `${name}.csr`],
    );
    this.#openssl(
      ...['x509', '-req', '-in', `${name}.csr`, '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial'],
      ...['-days', '2', '-extfile', `${name}.ext`, '-out', `${name}.pem`],
    );
    return { cert: join(this.folder, `${name}.pem`), key: join(this.folder, `${name}.key`) };
  }

  #openssl(...args: string[]): void {
    const { status, stderr, error } = spawnSync('openssl', args, { cwd: this.folder, encoding: 'utf8' });
    if (status !== 0) throw new Error(`openssl failed: ${error?.message ?? stderr}`);
  }
}
