"""Who is there: members of every role, who have names and cannot sign in."""

from django.contrib.auth.hashers import make_password

from analytics.large.sizes import Ground
from tenants.actors import Actor
from tenants.models import User
from tenants.roles import Role
from tenants.services import add_member
from tenants.services.users import enter

FIRST = (
    "Ada",
    "Bela",
    "Chiara",
    "Dovid",
    "Emil",
    "Farah",
    "Grete",
    "Hugo",
    "Ines",
    "Jonas",
    "Kim",
    "Lena",
    "Mona",
    "Noor",
)
LAST = ("Abe", "Berg", "Costa", "Dahl", "Eder", "Fuchs", "Galo", "Haas", "Ito", "Jung", "Kaur", "Lind", "Meier", "Nagy")
ROLES = (Role.VIEWER, Role.VIEWER, Role.MEMBER, Role.MEMBER, Role.MEMBER, Role.ADMIN)


def let_in(ground: Ground, actor: Actor) -> list[User]:
    chance, found = ground.chance("people"), []
    for number in range(ground.sizes.members):
        name = f"{chance.choice(FIRST)} {chance.choice(LAST)}"
        user = User(email=address(ground, number), name=name, password=make_password(None))
        enter(user, actor=actor)
        add_member(ground.project.organization, user=user, role=chance.choice(ROLES), actor=actor)
        found.append(user)
    return found


def address(ground: Ground, number: int) -> str:
    return f"person-{number:03}@{ground.project.organization.slug}.example"
