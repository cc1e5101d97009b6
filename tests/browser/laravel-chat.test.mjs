import { chatOf } from './chat.mjs';

chatOf('laravel-chat');
