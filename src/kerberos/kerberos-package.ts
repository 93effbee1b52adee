import { ConfigurationError } from '../errors';

/** The part of the package `kerberos` that is used here. */
export interface KerberosPackage {
  /** Reads the key of a service, `HTTP@host`, from the keytab. */
  initializeServer(service: string): Promise<KerberosServer>;
  /** The first principal in the keytab of a service and host. */
  principalDetails(service: string, host: string): Promise<string>;
}

/** The server's side of a login. */
export interface KerberosServer {
  readonly username: unknown;
  readonly contextComplete: unknown;
  /** Processes the client's token, in base64. @returns the token that proves this server to the client */
  step(token: string): Promise<unknown>;
}

const INSTALL =
  'KerberosProvider needs the package kerberos: npm install kerberos. It is compiled where there is no binary of it ' +
  'for the platform: that takes a C++ compiler, make, python3 and the headers of MIT Kerberos (on Debian: apt-get ' +
  'install build-essential python3 libkrb5-dev)';

/** @throws ConfigurationError that names the packages to install */
export function loadKerberos(load: () => unknown = requireKerberos): KerberosPackage {
  let loaded: Partial<KerberosPackage> | null;
  try {
    loaded = load() as Partial<KerberosPackage> | null;
  } catch (cause) {
    const { code } = (cause ?? {}) as { code?: unknown };
    // This code also means a package that was not compiled. Other errors: its native libraries may be gone.
    if (code === 'MODULE_NOT_FOUND') throw new ConfigurationError(INSTALL, { cause });
    throw new ConfigurationError(
      `The package kerberos cannot be loaded, so install it anew: npm rebuild kerberos. ${INSTALL}`,
      { cause },
    );
  }
  if (typeof loaded?.initializeServer !== 'function' || typeof loaded.principalDetails !== 'function') {
    throw new ConfigurationError(
      'KerberosProvider needs the package kerberos of version 7: npm install kerberos@7',
    );
  }
  return loaded as KerberosPackage;
}

const PACKAGE = 'kerberos';

function requireKerberos(): unknown {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- securest installs without it
  return require(PACKAGE) as unknown;
}
