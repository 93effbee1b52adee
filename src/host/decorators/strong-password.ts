import { ValidateBy, type ValidationArguments, type ValidationOptions } from 'class-validator';
import { isText, listOf, optional } from '../../util/option-kinds';
import { type Kind, parseOptions } from '../../util/parse-options';
import { MIN_LENGTH, passwordFault } from '../../account/password-strength';

/** The options of {@link StrongPassword}. */
export interface StrongPasswordOptions {
  /** In characters, 8 to 64. @default 12 */
  minLength?: number;
  /** The properties of the same object that hold names of the user. @default ['username', 'email'] */
  names?: readonly string[];
}

const OPTIONS = {
  minLength: MIN_LENGTH,
  names: optional(listOf('names of properties', isText), ['username', 'email']),
} satisfies Record<keyof StrongPasswordOptions, Kind<unknown>>;

/**
 * Checks a new password in a class that class-validator validates: long enough, at most 1,024 bytes, not made of the
 * user's name, not a common password. It does not require certain kinds of characters.
 *
 * class-validator puts values into its errors, and routing-controllers sends them in its replies: set `validation: {
 * validationError: { target: false, value: false } }` as well.
 * @throws ConfigurationError for unknown options and for invalid values
 */
export function StrongPassword(
  options: StrongPasswordOptions = {},
  validationOptions?: ValidationOptions,
): PropertyDecorator {
  const { minLength, names } = parseOptions('@StrongPassword', options, OPTIONS);
  const faultOf = (value: unknown, args: ValidationArguments | undefined): string | undefined => {
    const object = (args?.object ?? {}) as Record<string, unknown>;
    return passwordFault(
      value,
      minLength,
      names.map((name) => object[name]),
    );
  };
  return ValidateBy(
    {
      name: 'strongPassword',
      validator: {
        validate: (value, args) => faultOf(value, args) === undefined,
        defaultMessage: (args) => `${args?.property ?? 'password'} ${faultOf(args?.value, args) ?? ''}`,
      },
    },
    validationOptions,
  );
}
