using System.Security.Cryptography.X509Certificates;
using System.Text;
using Monitor.Server;
using Monitor.Server.Tests.Access;

namespace Monitor.Fuzz.Running;

/// <summary>The files of a server with TLS: a certificate with its key, the authority, and the readers. They are made anew for
/// each run, so that an input made of them is repeated by its bytes and not by its index.</summary>
internal sealed class TlsFiles : IDisposable
{
    public const string Certificate = "tls.pem";
    public const string Key = "tls.key";
    public const string Authority = "ca.pem";
    public const string Readers = "readers.json";

    /// <summary>The name in the certificate of the reader who has one.</summary>
    public const string ReaderName = "reader.test";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("fuzz");
    private readonly TestAuthority _other = new();
    private readonly Dictionary<string, string> _good;

    public TlsFiles(string token)
    {
        var (certificate, key) = Signer.Sign("monitor.test");
        var hash = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(token)));
        _good = new Dictionary<string, string>
        {
            [Certificate] = certificate,
            [Key] = key,
            [Authority] = Signer.Pem,
            [Readers] = $$"""
                {"readers": [
                  {"name": "fuzz", "role": "events", "token_sha256": "{{hash}}"},
                  {"name": "shown", "role": "events", "certificate": "{{ReaderName}}"}]}
                """,
        };
        Restore();
    }

    /// <summary>Who signs the certificates that are good.</summary>
    public TestAuthority Signer { get; } = new();

    /// <summary>Names of the files.</summary>
    public IReadOnlyList<string> Names => [.. _good.Keys];

    public AccessOptions Options => new()
    {
        CertificateFile = PathOf(Certificate),
        KeyFile = PathOf(Key),
        AuthorityFile = PathOf(Authority),
        ReadersFile = PathOf(Readers),
    };

    /// <summary>What a file held at first.</summary>
    public string Good(string name) => _good[name];

    public void Write(string name, byte[] content) => File.WriteAllBytes(PathOf(name), content);

    /// <summary>Writes all as they were at first.</summary>
    public void Restore()
    {
        foreach (var (name, content) in _good)
        {
            File.WriteAllText(PathOf(name), content);
        }
    }

    /// <summary>A client's certificate that is not to be accepted: too old, not valid yet, of another authority, or of nobody
    /// who is a reader.</summary>
    public X509Certificate2 WrongClient(Random random) => random.Next(4) switch
    {
        0 => Signer.SignClient(ReaderName, from: -1.9, to: -1),
        1 => Signer.SignClient(ReaderName, from: 1),
        2 => _other.SignClient(ReaderName),
        _ => Signer.SignClient("somebody.else"),
    };

    public void Dispose()
    {
        Signer.Dispose();
        _other.Dispose();
        _folder.Delete(recursive: true);
    }

    private string PathOf(string name) => Path.Combine(_folder.FullName, name);
}
