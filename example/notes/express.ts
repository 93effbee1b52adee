import type { RequestListener } from 'node:http';
import express, { type ErrorRequestHandler } from 'express';
import { useExpressServer } from 'routing-controllers';
import { notesOptions } from './app';
import { serve } from './serve';
import type { Settings } from './settings';
import { setup } from './setup';

/** routing-controllers passes on errors that it has already answered; Express would log them and end the connection. */
const unlessAnswered: ErrorRequestHandler = (error, _request, response, next) => {
  if (!response.writableEnded) next(error);
};

export function createApp(settings: Settings): RequestListener {
  return useExpressServer(express(), notesOptions(settings)).use(unlessAnswered);
}

if (require.main === module) void serve(createApp, setup);
