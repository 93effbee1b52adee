/** Why a record cannot be handed to the app. The message holds names of the code only, never a value. */
export class RecordFault extends Error {
  override readonly name = 'RecordFault';
}

/** What may be looked at for one login: a record that leads to half of the process is not a user. */
export class Budget {
  constructor(private left = 100_000) {}

  spend(): void {
    this.left -= 1;
    if (this.left < 0) throw new RecordFault('it leads to more than 100,000 values');
  }
}
