import { ValidateBy, type ValidationArguments, type ValidationOptions } from 'class-validator';
import { checkMinLength, passwordFault } from './password-strength';

export interface StrongPasswordOptions {
  /** In characters, 8 to 64. @default 12 */
  minLength?: number;
  /** The properties beside it that say what the user is called. @default ['username', 'email'] */
  names?: readonly string[];
}

/**
 * Checks a new password in a class that class-validator validates: long enough, at most 1,024 bytes, not made of
 * the user's name, not one that many people have. It asks for no kinds of characters.
 *
 * class-validator puts values into its errors, and routing-controllers into its replies: set
 * `validation: { validationError: { target: false, value: false } }` beside it.
 * @throws ConfigurationError for a `minLength` that is out of bounds
 */
export function StrongPassword(
  options: StrongPasswordOptions = {},
  validationOptions?: ValidationOptions,
): PropertyDecorator {
  const minLength = checkMinLength('@StrongPassword', options.minLength);
  const names = options.names ?? ['username', 'email'];
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
