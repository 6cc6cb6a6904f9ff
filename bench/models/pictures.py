"""Pictures of words in folders by their direction: upright, upside down, mirrored. Usage: pictures.py FOLDER COUNT SEED"""
import random
import sys
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont, ImageOps

folder, count, seed = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
random.seed(seed)
turns = {'mirrored': ImageOps.mirror, 'upright': lambda image: image, 'upside-down': lambda image: image.rotate(180)}
for name, turn in turns.items():
    (folder / name).mkdir(parents=True, exist_ok=True)
    for k in range(count):
        word = ''.join(random.choice('abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789') for _ in range(8))
        paper, ink = random.randint(150, 255), random.randint(0, 100)
        image = Image.new('RGB', (192, 48), (paper,) * 3)
        font = ImageFont.load_default(random.randint(24, 36))
        ImageDraw.Draw(image).text((random.randint(2, 20), random.randint(0, 10)), word, (ink,) * 3, font)
        turn(image).save(folder / name / f'{k}.png')
