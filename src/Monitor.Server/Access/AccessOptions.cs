namespace Monitor.Server;

/// <summary>Who may read a server, and how both sides prove who they are.</summary>
public sealed class AccessOptions
{
    /// <summary>The server's certificate and what leads from it to an authority, PEM. Null: no TLS.</summary>
    public string? CertificateFile { get; init; }

    /// <summary>The certificate's private key, PEM, not encrypted. Set exactly where <see cref="CertificateFile"/> is.</summary>
    public string? KeyFile { get; init; }

    /// <summary>The authorities that sign certificates of clients, and on an aggregator those of agents; PEM. Null: clients
    /// are not asked for certificates.</summary>
    public string? AuthorityFile { get; init; }

    /// <summary>The readers with their tokens and certificates; see <see cref="ReadersFile"/>. Null: none.</summary>
    public string? ReadersFile { get; init; }

    /// <summary>The name in an aggregator's certificate, which reads everything from an agent. Null on an aggregator.</summary>
    public string? AggregatorName { get; init; }

    /// <summary>Whether tokens of Kubernetes' service accounts are accepted; <see cref="MonitorServer.Build"/> then needs an
    /// <see cref="ITokenReviewer"/>.</summary>
    public bool AcceptsServiceAccounts { get; init; }

    /// <summary>Whether a summary of health is given to everyone.</summary>
    public bool IsHealthOpen { get; init; }

    /// <summary>Whether metrics are given to everyone.</summary>
    public bool AreMetricsOpen { get; init; }

    /// <summary>Whether the user has accepted clear text and readers without a name beyond this machine.</summary>
    public bool IsInsecure { get; init; }

    /// <summary>How often an open stream is asked for whether its credential still holds. Default 15 seconds.</summary>
    public TimeSpan RecheckInterval { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Whether the listeners speak TLS.</summary>
    public bool HasTls => CertificateFile is not null;

    /// <summary>Whether a reader must say who it is.</summary>
    public bool RequiresReaders => AuthorityFile is not null || ReadersFile is not null || AcceptsServiceAccounts;
}
