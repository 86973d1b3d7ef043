using System.Security.Cryptography.X509Certificates;

namespace Monitor.ClickHouse;

/// <summary>Where the archive is, and how it is written.</summary>
public sealed class ArchiveOptions
{
    /// <summary>The HTTP interface, the user, and the database with the tables; see <see cref="ArchiveUrl"/>.</summary>
    public required ArchiveUrl Server { get; init; }

    /// <summary>The user's password. Default: none.</summary>
    public string Password { get; init; } = "";

    /// <summary>The authorities of which one must have signed the server's certificate, where it is reached over TLS. Null, the
    /// default: those that the machine trusts.</summary>
    public X509Certificate2Collection? Authorities { get; init; }

    /// <summary>Most events of one insert. Default 100 000, as ClickHouse advises: each insert becomes a part on disk.</summary>
    public int BatchEvents { get; init; } = 100_000;

    /// <summary>Most bytes of one insert's rows, which are in memory until ClickHouse has them; exceeded by one event at most.
    /// Default 32 MiB: with events of 250 bytes, some 80 000.</summary>
    public int BatchBytes { get; init; } = 32 << 20;

    /// <summary>How long events gather before an insert that is not full. Default 1 second.</summary>
    public TimeSpan BatchDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long one request may take. Default 30 seconds.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>First pause before a request is made again; it doubles, with jitter. Default half a second.</summary>
    public TimeSpan FirstBackoff { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Longest such pause. Default 30 seconds.</summary>
    public TimeSpan LongestBackoff { get; init; } = TimeSpan.FromSeconds(30);
}
