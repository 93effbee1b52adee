import { expect } from 'chai';
import express4 from 'express4';
import { createExpressServer, useExpressServer } from 'routing-controllers';
import { ExpressDriver } from 'routing-controllers';
import { ownExpressNotice } from '../../../src/host/own-express';
import { CREATORS, DRIVERS } from '../../support/drivers';
import { MemoryLogger, reset } from '../../support/reset';
import { secured } from '../../support/secured-server';

describe('A server of createExpressServer', () => {
  beforeEach(reset);

  const notices = (build: (options: ReturnType<typeof secured>) => unknown): string[] => {
    const logger = new MemoryLogger();
    build(secured({ controllers: [] }, logger));
    return logger.lines.filter((line) => line.includes('Express'));
  };

  it('says once that it runs on Express 4 where Express 5 is installed', () => {
    expect(notices((options) => createExpressServer(options))).to.have.length(1);
    expect(notices((options) => createExpressServer(options))[0]).to.match(
      /^info securest: createExpressServer\(\) runs on the Express 4 .* although Express 5\.\d+\.\d+ is installed: hand/,
    );
  });

  it('is the only one that says so', () => {
    for (const driver of [...DRIVERS, ...CREATORS.filter(({ isExpress }) => !isExpress)]) {
      expect(
        notices((options) => driver.build(options)),
        driver.name,
      ).to.deep.equal([]);
    }
    expect(notices((options) => useExpressServer(express4(), options))).to.deep.equal([]);
  });

  it('says nothing where Express 4 or none is installed', () => {
    secured({ controllers: [] });
    const driver = new ExpressDriver();
    expect(ownExpressNotice(driver, '5.1.0')).to.be.a('string');
    expect(ownExpressNotice(driver, '4.22.3')).to.equal(undefined);
    expect(ownExpressNotice(driver, 'unknown')).to.equal(undefined);
  });
});
