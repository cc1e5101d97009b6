<?php

declare(strict_types=1);

namespace Ferry\Tests\Fixtures\Doctrine;

use Doctrine\ORM\Mapping as ORM;

#[ORM\Entity]
#[ORM\Table(name: 'ferry_note')]
class Note
{
    #[ORM\Id]
    #[ORM\GeneratedValue]
    #[ORM\Column]
    public ?int $id = null;

    #[ORM\Column(length: 100, unique: true)]
    public string $text;

    public function __construct(string $text)
    {
        $this->text = $text;
    }
}
