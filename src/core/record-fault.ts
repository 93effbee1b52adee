/** The reason why a record cannot be passed to the app. The message holds names of the code only, never a value. */
export class RecordFault extends Error {
  override readonly name = 'RecordFault';
}

/**
 * The number of values that may be inspected for one login: a record that leads to half of the process is not a user.
 */
export class Budget {
  constructor(private left = 100_000) {}

  spend(): void {
    this.left -= 1;
    if (this.left < 0) throw new RecordFault('it leads to more than 100,000 values');
  }
}
