using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Monitor.Server;

/// <summary>
/// The list of readers that a user keeps in a file: JSON, comments allowed, see deploy/README.md. Tokens are in it as SHA-256,
/// which does for tokens that are random. Immutable.
/// </summary>
internal sealed class ReadersFile
{
    // More would be slow for nobody; a list this long is a mistake.
    private const int MaxReaders = 10_000;

    private const string Help = """it must be such as {"readers": [{"name": "grafana", "role": "events", "token_sha256": "<64 hex digits>"}]}""";

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
        AllowDuplicateProperties = false,
    };

    // What comes of the command of the help where the variable is not set, and of echo in place of printf.
    private static readonly string[] HashesOfNothing = [HashOf(""), HashOf("\n")];

    private readonly Dictionary<string, Reader> _byToken = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Reader> _byCertificate = new(StringComparer.OrdinalIgnoreCase);

    private ReadersFile()
    {
    }

    /// <exception cref="AccessException">The text is not a list of readers; it says where.</exception>
    public static ReadersFile Parse(string path, byte[] text)
    {
        Content? content;
        try
        {
            content = JsonSerializer.Deserialize<Content>(text, Json);
        }
        catch (JsonException failure)
        {
            throw new AccessException($"{path} is not a list of readers: {failure.Message.TrimEnd('.')}; {Help}.", failure);
        }

        if (content?.Readers is not { Count: <= MaxReaders } readers)
        {
            throw new AccessException($"{path} is not a list of at most {MaxReaders} readers: {Help}.");
        }

        var file = new ReadersFile();
        foreach (var entry in readers)
        {
            file.Add(path, entry ?? throw new AccessException($"{path} has a reader that is null."));
        }

        return file;
    }

    /// <param name="token">What a client sent.</param>
    /// <returns>Whose it is; null: nobody's.</returns>
    public Reader? FindByToken(string token) => _byToken.GetValueOrDefault(HashOf(token));

    /// <param name="names">The names of a certificate that an authority vouches for.</param>
    /// <returns>Whose it is; null: nobody's.</returns>
    public Reader? FindByCertificate(IReadOnlyList<string> names) =>
        names.Select(name => _byCertificate.GetValueOrDefault(name)).FirstOrDefault(reader => reader is not null);

    // The look-up is of the hash, so how long it takes says nothing of the token.
    internal static string HashOf(string token) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token)));

    private void Add(string path, Entry entry)
    {
        var where = $"{path}, reader '{Protocol.MessageText.Shorten(entry.Name ?? "")}'";
        if (string.IsNullOrWhiteSpace(entry.Name))
        {
            throw new AccessException($"{path} has a reader without a name.");
        }

        var isEvents = entry.Role == "events";
        if (!isEvents && entry.Role != "status")
        {
            throw new AccessException($"{where}: role must be \"events\" or \"status\".");
        }

        if (entry.Namespaces is not null && (!isEvents || entry.Namespaces is [] || entry.Namespaces.Any(string.IsNullOrEmpty)))
        {
            throw new AccessException(
                $"{where}: namespaces must be names, at least one, with the role \"events\"; leave it out for all events.");
        }

        if (entry.TokenSha256 is null == entry.Certificate is null)
        {
            throw new AccessException($"{where}: it must have either token_sha256 or certificate.");
        }

        var reader = new Reader
        {
            Name = entry.Name,
            ReadsStatus = entry.Namespaces is null,
            ReadsAllEvents = isEvents && entry.Namespaces is null,
            Namespaces = entry.Namespaces ?? [],
        };
        if (entry.TokenSha256 is { } hash)
        {
            if (hash.Length != SHA256.HashSizeInBytes * 2 || !hash.All(char.IsAsciiHexDigit))
            {
                throw new AccessException(
                    $"{where}: token_sha256 must be 64 hexadecimal digits: printf %s \"$token\" | sha256sum.");
            }

            if (HashesOfNothing.Contains(hash, StringComparer.OrdinalIgnoreCase))
            {
                throw new AccessException($"{where}: token_sha256 is that of an empty token: was the variable set?");
            }

            if (!_byToken.TryAdd(hash.ToLowerInvariant(), reader))
            {
                throw new AccessException($"{where}: another reader has the same token.");
            }
        }
        else if (string.IsNullOrWhiteSpace(entry.Certificate) || !_byCertificate.TryAdd(entry.Certificate, reader))
        {
            throw new AccessException($"{where}: certificate must be a DNS name that no other reader has.");
        }
    }

    private sealed record Content(List<Entry?>? Readers);

    private sealed record Entry(string? Name, string? Role, string? TokenSha256, string? Certificate)
    {
        /// <summary>Null where it is left out, which means all: what a template makes of a name that is not set must not.</summary>
        public List<string>? Namespaces
        {
            get;
            init => field = value ?? throw new JsonException("namespaces is null; name at least one, or leave it out for all events");
        }
    }
}
