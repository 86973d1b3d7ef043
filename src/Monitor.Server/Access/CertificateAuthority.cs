using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Monitor.Server;

/// <summary>The authorities whose certificates are accepted, and no others: those of the system are not. Immutable.</summary>
internal sealed class CertificateAuthority
{
    /// <summary>For a certificate that a client shows (RFC 5280, 4.2.1.12).</summary>
    public const string ClientPurpose = "1.3.6.1.5.5.7.3.2";

    /// <summary>For a certificate that a server shows.</summary>
    public const string ServerPurpose = "1.3.6.1.5.5.7.3.1";

    private readonly X509Certificate2Collection _authorities;

    private CertificateAuthority(X509Certificate2Collection authorities) => _authorities = authorities;

    /// <exception cref="AccessException">The text holds no certificate.</exception>
    public static CertificateAuthority Parse(string path, byte[] pem)
    {
        var authorities = new X509Certificate2Collection();
        var text = Encoding.UTF8.GetString(pem);
        RefuseCut(path, text);
        try
        {
            authorities.ImportFromPem(text);
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            throw new AccessException($"{path} has a certificate that cannot be read: {failure.Message.TrimEnd('.')}.", failure);
        }

        return authorities.Count > 0
            ? new CertificateAuthority(authorities)
            : throw new AccessException($"{path} has no certificate; it must have those of the authorities, in PEM.");
    }

    /// <summary>Refuses a file that ends within a certificate, as one does that a full disk has cut. Reading it would leave that
    /// certificate out without a word.</summary>
    /// <exception cref="AccessException">It does.</exception>
    public static void RefuseCut(string path, string pem)
    {
        var last = pem.AsSpan().TrimEnd();
        last = last[(last.LastIndexOf('\n') + 1)..];
        var endsInALine = last.StartsWith("-") && !(last.StartsWith("-----END ") && last.EndsWith("-----"));
        if (endsInALine || pem.AsSpan().Count("-----BEGIN ") != pem.AsSpan().Count("-----END "))
        {
            throw new AccessException($"{path} is not complete: it ends within a certificate.");
        }
    }

    /// <summary>Says what is wrong with a certificate.</summary>
    /// <param name="certificate">The certificate.</param>
    /// <param name="between">Others that its owner sent, which may lead to an authority.</param>
    /// <param name="purpose"><see cref="ClientPurpose"/> or <see cref="ServerPurpose"/>.</param>
    /// <param name="at">When it has to be valid.</param>
    /// <returns>Null: nothing, an authority vouches for it.</returns>
    public string? Problem(X509Certificate2 certificate, X509Certificate2Collection? between, string purpose, DateTimeOffset at)
    {
        using var chain = new X509Chain { ChainPolicy = Policy(purpose, at) };
        if (between is not null)
        {
            chain.ChainPolicy.ExtraStore.AddRange(between);
        }

        try
        {
            return chain.Build(certificate) ? null : ProblemOf(chain);
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            // What the platform makes of a certificate that it has no use for.
            return failure.Message;
        }
        finally
        {
            foreach (var element in chain.ChainElements)
            {
                element.Certificate.Dispose();
            }
        }
    }

    /// <summary>For a client that looks at a server's certificate itself.</summary>
    public X509ChainPolicy PolicyOfServers() => Policy(ServerPurpose, null);

    /// <summary>For a server that looks at a client's certificate itself.</summary>
    /// <param name="at">When it has to be valid.</param>
    public X509ChainPolicy PolicyOfClients(DateTimeOffset at) => Policy(ClientPurpose, at);

    /// <summary>What is wrong with a chain that was built.</summary>
    public static string ProblemOf(X509Chain chain) =>
        string.Join(", ", chain.ChainStatus.Select(status => status.StatusInformation.Trim().TrimEnd('.')).Distinct());

    /// <summary>The DNS names of the subject's alternative names, the only ones that count.</summary>
    public static IReadOnlyList<string> NamesOf(X509Certificate2 certificate)
    {
        try
        {
            return [.. certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>()
                .SelectMany(extension => extension.EnumerateDnsNames())];
        }
        catch (CryptographicException)
        {
            return [];
        }
    }

    private X509ChainPolicy Policy(string purpose, DateTimeOffset? at)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            // Nobody who connects can make the server fetch something.
            DisableCertificateDownloads = true,
        };
        if (at is { } time)
        {
            policy.VerificationTimeIgnored = false;
            policy.VerificationTime = time.LocalDateTime;
        }

        policy.CustomTrustStore.AddRange(_authorities);
        policy.ApplicationPolicy.Add(new Oid(purpose));
        return policy;
    }
}
