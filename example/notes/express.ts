import type { RequestListener } from 'node:http';
import express from 'express';
import { useExpressServer } from 'routing-controllers';
import { notesOptions } from './app';
import { serve } from './serve';
import type { Settings } from './settings';

export function createApp(settings: Settings): RequestListener {
  return useExpressServer(express(), notesOptions(settings));
}

if (require.main === module) void serve(createApp);
