"""The words of the log-in form in the languages that a site may choose."""

from __future__ import annotations

from types import MappingProxyType

from omeropyr.web.login_views import Words

WORDS = MappingProxyType(
    {
        "en": Words(),
        "de": Words("Anmelden", "Server", "Benutzername", "Passwort", "Passwort vergessen?"),
        "fr": Words("Se connecter", "Serveur", "Nom d’utilisateur", "Mot de passe", "Mot de passe oublié ?"),
        "es": Words("Iniciar sesión", "Servidor", "Nombre de usuario", "Contraseña", "¿Ha olvidado la contraseña?"),
        "it": Words("Accedi", "Server", "Nome utente", "Password", "Password dimenticata?"),
        "nl": Words("Inloggen", "Server", "Gebruikersnaam", "Wachtwoord", "Wachtwoord vergeten?"),
        "pt": Words("Entrar", "Servidor", "Nome de utilizador", "Palavra-passe", "Esqueceu-se da palavra-passe?"),
    }
)
LANGUAGES = tuple(WORDS)
