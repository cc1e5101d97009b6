import { chatOf } from './chat.mjs';

chatOf('symfony-chat');
