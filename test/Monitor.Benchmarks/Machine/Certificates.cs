using Monitor.Server.Tests.Access;

namespace Monitor.Benchmarks.Machine;

/// <summary>Files with an authority and certificates of it, for agents, an aggregator and a subscriber that poses as one.</summary>
internal sealed class Certificates : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("bench-tls");

    public Certificates()
    {
        using var authority = new TestAuthority();
        File.WriteAllText(PathOf("ca.pem"), authority.Pem);
        // The benchmark itself, which asks the aggregator.
        File.WriteAllText(PathOf("readers.json"), """{"readers": [{"name": "bench", "role": "events", "certificate": "monitor-aggregator"}]}""");
        foreach (var name in new[] { "monitor-agent", "monitor-aggregator" })
        {
            var (certificate, key) = authority.Sign(name);
            File.WriteAllText(PathOf($"{name}.pem"), certificate);
            File.WriteAllText(PathOf($"{name}.key"), key);
        }
    }

    /// <summary>The options of an agent or aggregator.</summary>
    public string[] Options(string program) =>
        ["--tls-certificate", PathOf($"monitor-{program}.pem"), "--tls-key", PathOf($"monitor-{program}.key"), "--tls-authority", PathOf("ca.pem"), "--readers", PathOf("readers.json")];

    /// <summary>The certificate and the key of a program, for those that take them as two arguments.</summary>
    public string[] Files(string program) => [PathOf($"monitor-{program}.pem"), PathOf($"monitor-{program}.key")];

    public void Dispose() => _folder.Delete(recursive: true);

    private string PathOf(string name) => Path.Combine(_folder.FullName, name);
}
