<?php

declare(strict_types=1);

use App\Http\Controllers\ConfigController;
use App\Http\Controllers\LoginController;
use App\Http\Controllers\MessageController;
use App\Http\Controllers\PageController;
use Illuminate\Support\Facades\Route;

Route::get('/', PageController::class);
Route::get('/api/config', ConfigController::class);
Route::post('/api/login', LoginController::class);
Route::middleware('auth')->group(static function (): void {
    Route::get('/api/messages', [MessageController::class, 'index']);
    Route::post('/api/messages', [MessageController::class, 'store']);
});
