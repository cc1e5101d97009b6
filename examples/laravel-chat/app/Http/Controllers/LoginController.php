<?php

declare(strict_types=1);

namespace App\Http\Controllers;

use App\Chat\Jwt;
use App\Models\User;
use Illuminate\Http\JsonResponse;
use Illuminate\Http\Request;
use Illuminate\Support\Facades\Hash;

/**
 * {"username": ..., "password": ...}: gives a token.
 */
final class LoginController
{
    public function __invoke(Request $request, Jwt $jwt): JsonResponse
    {
        $user = User::query()->where('username', (string) $request->input('username'))->first();

        if (null === $user || !Hash::check((string) $request->input('password'), $user->password)) {
            return new JsonResponse(['error' => 'Invalid credentials.'], JsonResponse::HTTP_UNAUTHORIZED);
        }

        [$token, $expiresAt] = $jwt->issue($user);

        return new JsonResponse(['token' => $token, 'expiresAt' => $expiresAt, 'user' => $user->profile()]);
    }
}
