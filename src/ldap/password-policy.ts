import type { BerReader, Control } from 'ldapts';

/** The control of draft-behera-ldap-password-policy section 6: the state of the password policy at a bind. */
const PASSWORD_POLICY = '1.3.6.1.4.1.42.2.27.8.5.1';
const SEQUENCE = 0x30;
const WARNING = 0xa0;
const ERROR = 0x81;

/** A control that requests the state of the password policy, and holds it after the bind. */
export interface PolicyControl {
  readonly control: Control;
  /** True if the password is right, but the user must change it before any other operation. */
  readonly mustChange: boolean;
}

/** Directories that do not support the control ignore it. */
export function policyControl(base: typeof Control): PolicyControl {
  class PasswordPolicyControl extends base {
    mustChange = false;

    protected override parseControl(reader: BerReader): void {
      if (!this.#isRead(reader)) throw new Error('the answer about the password policy is not readable');
    }

    /** False unless the answer holds a warning, an error, both or neither. */
    #isRead(reader: BerReader): boolean {
      if (reader.readSequence(SEQUENCE) === null) return false;
      const end = reader.offset + reader.length;
      if (end !== reader.buffer.length) return false;
      if (reader.offset < end && reader.peek() === WARNING && reader.readString(WARNING, true) === null)
        return false;
      // In a successful bind an error means changeAfterReset or an expired password. Neither counts as a login.
      this.mustChange = reader.offset < end;
      return !this.mustChange || (reader.readString(ERROR, true) !== null && reader.offset === end);
    }
  }
  const control = new PasswordPolicyControl(PASSWORD_POLICY);
  return {
    control,
    get mustChange() {
      return control.mustChange;
    },
  };
}
