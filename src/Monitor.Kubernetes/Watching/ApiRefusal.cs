using System.Net;
using System.Text.Json;

namespace Monitor.Kubernetes.Watching;

/// <summary>Says what a refusal of the API server means.</summary>
internal static class ApiRefusal
{
    private const int MaxTextShown = 300;
    private const string ServiceAccount = "system:serviceaccount:";

    /// <summary>The error that a status and its body stand for.</summary>
    /// <param name="verb">list or watch.</param>
    /// <param name="resource">Plural, with its group.</param>
    /// <param name="status">The status.</param>
    /// <param name="body">What came with it; may be anything.</param>
    /// <param name="retryAfter">What the server asked for.</param>
    public static ApiException Read(
        string verb,
        string resource,
        HttpStatusCode status,
        ReadOnlySpan<byte> body,
        TimeSpan? retryAfter = null)
    {
        var message = ReadMessage(body);
        var text = status switch
        {
            HttpStatusCode.Forbidden => Forbidden(verb, resource, message),
            HttpStatusCode.Unauthorized =>
                $"cannot {verb} {resource}: the API server does not accept the credentials (401): they are expired or wrong",
            HttpStatusCode.NotFound => $"cannot {verb} {resource}: the API server does not have them (404)",
            HttpStatusCode.Gone => $"cannot {verb} {resource}: the version is too old (410)",
            _ => $"cannot {verb} {resource}: the API server answers {(int)status}{(message is null ? "" : ": " + message)}",
        };
        return new ApiException(text, status, retryAfter);
    }

    private static string Forbidden(string verb, string resource, string? message)
    {
        var need = $"needs the verb `{verb}` on `{resource}`";
        return User(message) switch
        {
            null => $"cannot {verb} {resource}: the credentials are not enough (403): whose they are {need}",
            var user when user.StartsWith(ServiceAccount, StringComparison.Ordinal) =>
                $"cannot {verb} {resource}: the service account {user[ServiceAccount.Length..].Replace(':', '/')} {need}",
            var user => $"cannot {verb} {resource}: the user {user} {need}",
        };
    }

    // pods is forbidden: User "system:serviceaccount:monitor:agent" cannot list resource "pods" ...
    private static string? User(string? message)
    {
        const string Before = "User \"";
        var start = message?.IndexOf(Before, StringComparison.Ordinal) ?? -1;
        if (start < 0)
        {
            return null;
        }

        start += Before.Length;
        var end = message!.IndexOf('"', start);
        return end > start ? message[start..end] : null;
    }

    /// <summary>The message of a Status object; null where it is none.</summary>
    private static string? ReadMessage(ReadOnlySpan<byte> body)
    {
        try
        {
            var reader = new Utf8JsonReader(body);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                return null;
            }

            while (Json.NextProperty(ref reader))
            {
                if (reader.ValueTextEquals("message"u8))
                {
                    var text = Json.ReadString(ref reader, MaxTextShown * 10);
                    return text is { Length: > MaxTextShown } ? text[..MaxTextShown] + "..." : text;
                }

                Json.SkipValue(ref reader);
            }
        }
        catch (JsonException)
        {
            // It is no Status.
        }

        return null;
    }
}
