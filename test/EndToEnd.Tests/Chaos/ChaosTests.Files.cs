using System.Globalization;
using System.Security.Authentication;
using System.Text.RegularExpressions;

namespace EndToEnd.Tests.Chaos;

/// <summary>Certificates that are no good, and disks that are full: of the logs, of the aggregator's history, and of the
/// certificates while they are renewed.</summary>
internal sealed partial class ChaosTests
{
    private const string FilesOfA = "node-a";
    private const string FilesOfB = "node-b";
    private const string FilesOfAggregator = "aggregator";

    private TestCredentials? _credentials;
    private SmallDisk? _certificateDisk;
    private SmallDisk? _logDisk;
    private SmallDisk? _historyDisk;
    private FakeClock? _clockOfA;
    private FakeClock? _clockOfAggregator;
    private ServerSetup? _ofA;
    private ServerSetup? _ofB;
    private ServerSetup? _ofAggregator;

    // The files when nothing needs them any more.
    [TearDown]
    public override async Task StopAsync()
    {
        try
        {
            await base.StopAsync();
        }
        finally
        {
            _credentials?.Dispose();
            _certificateDisk?.Dispose();
            _logDisk?.Dispose();
            _historyDisk?.Dispose();
            _clockOfA?.Dispose();
            _clockOfAggregator?.Dispose();
        }
    }

    protected override ServerSetup SetupOf(string name)
    {
        if (_credentials is null)
        {
            _certificateDisk = new SmallDisk();
            _logDisk = new SmallDisk();
            _historyDisk = new SmallDisk(kibibytes: 96 << 10);
            _credentials = new TestCredentials(_certificateDisk.Folder);
            SignGood(FilesOfA);
            SignGood(FilesOfB);
            SignGood(FilesOfAggregator);
            _clockOfA = new FakeClock();
            _clockOfAggregator = new FakeClock();
            _ofA = new ServerSetup { Credentials = _credentials, Clock = _clockOfA, LogDisk = _logDisk };
            _ofB = new ServerSetup { Credentials = _credentials };
            _ofAggregator = new ServerSetup { Credentials = _credentials, Clock = _clockOfAggregator, LogDisk = _logDisk, HistoryDisk = _historyDisk };
        }

        return name switch
        {
            FilesOfA => _ofA!,
            FilesOfAggregator => _ofAggregator!,
            _ => _ofB!,
        };
    }

    private async Task AgentCertificateAsync()
    {
        await StateAsync(A, "STATE_STREAMING");
        var (bad, reason) = SignBad(FilesOfA);
        await TakenAsync(A.Agent, FilesOfA, bad);
        // 1. What is connected stays so, and new connections are refused by whoever looks.
        await GoesOnAsync();
        await RefusesAsync($"https://{A.Address}:8080", TestCredentials.AgentName);
        // 2. So does the aggregator, and says why.
        await BreakLinkAsync();
        await Waiting.ForAsync($"the aggregator to say {reason}", async () =>
            Regex.IsMatch((await AgentAsync(A)).GetProperty("reason").GetString()!, reason) ? "" : null);
        await DegradedAsync(A);
        // 3. With a good one all goes on, without a restart.
        await TakenAsync(A.Agent, FilesOfA, () => SignGood(FilesOfA));
        await StateAsync(A, "STATE_STREAMING");
    }

    private async Task AggregatorCertificateAsync()
    {
        await StateAsync(A, "STATE_STREAMING");
        var before = await RefusedByAAsync();
        var (bad, _) = SignBad(FilesOfAggregator);
        await TakenAsync(Aggregator, FilesOfAggregator, bad);
        await GoesOnAsync();
        await RefusesAsync(Aggregator.HttpUrl, TestCredentials.AggregatorName);
        await BreakLinkAsync();
        // The agent counts whom it refuses.
        await Waiting.ForAsync("the agent to refuse", async () => await RefusedByAAsync() > before ? "" : null);
        await TakenAsync(Aggregator, FilesOfAggregator, () => SignGood(FilesOfAggregator));
        await StateAsync(A, "STATE_STREAMING");
    }

    // Returns with the way free again, so that the next attempt meets whatever is wrong there.
    private async Task BreakLinkAsync()
    {
        A.Break();
        await Waiting.ForAsync("the link to break", async () =>
            (await AgentAsync(A)).GetProperty("state").GetString() != "STATE_STREAMING" ? "" : null);
        A.Unblock();
    }

    private async Task CertificateDiskAsync()
    {
        _certificateDisk!.Fill();
        // Longer than the room that the old one leaves: it is cut within a certificate.
        Assert.That(
            () => _credentials!.Sign(FilesOfA, TestCredentials.AgentName, authorities: 20), Throws.InstanceOf<IOException>(), "no room");
        await SaysAsync($"{FilesOfA}.pem is not complete");
        // With what it had before.
        await GoesOnAsync();
        using (var http = _credentials!.Http(TestCredentials.AgentName))
        {
            await http.GetStringAsync(new Uri($"https://{A.Address}:8080/health"));
        }

        await BrokenAsync();
        await StateAsync(A, "STATE_STREAMING");
        _certificateDisk.Free();
        await TakenAsync(A.Agent, FilesOfA, () => SignGood(FilesOfA));
    }

    private async Task HistoryDiskAsync()
    {
        _historyDisk!.Fill();
        await WaitForHistoryAsync("degraded");
        Traffic();
        await CheckAsync();
        _historyDisk.Free();
        await WaitForHistoryAsync("healthy");
    }

    // With traffic, since nothing needs room where nothing happens.
    private Task<string> WaitForHistoryAsync(string status) => Waiting.ForAsync($"the history to be {status}", async () =>
    {
        A.Connect(100);
        var parts = (await Aggregator.GetAsync("/health")).GetProperty("parts").EnumerateArray();
        return parts.Single(part => part.GetProperty("name").GetString() == "history").GetProperty("status").GetString() == status ? "" : null;
    });

    private async Task LogDiskAsync()
    {
        _logDisk!.Fill();
        await ComplainAsync();
        await BrokenAsync();
        await CheckAsync();
        _logDisk.Free();
        // The log goes on, too.
        var length = (A.Agent.Error.Length, Aggregator.Error.Length);
        await Waiting.ForAsync("lines in both logs", async () =>
        {
            await ComplainAsync();
            return A.Agent.Error.Length > length.Item1 && Aggregator.Error.Length > length.Item2 ? "" : null;
        });
    }

    // Has both write something: who sends no credential is refused, and the log has it, now and then.
    private async Task ComplainAsync()
    {
        foreach (var url in new[] { $"https://{A.Address}:8080", Aggregator.HttpUrl })
        {
            using var http = _credentials!.HttpWithoutACheck();
            http.DefaultRequestHeaders.Authorization = null;
            using var refused = await http.GetAsync(new Uri($"{url}/api/events"));
            Assert.That(refused.StatusCode, Is.EqualTo(System.Net.HttpStatusCode.Unauthorized));
        }
    }

    // Waits until A's agent says of its own files what is wrong with them.
    private async Task SaysAsync(string problem)
    {
        var health = "";
        try
        {
            await Waiting.ForAsync(problem, async () =>
                (health = (await A.Agent.GetAsync("/health")).ToString()).Contains(problem, StringComparison.Ordinal) ? "" : null);
        }
        catch (AssertionException failure)
        {
            throw new AssertionException($"{failure.Message}; it says {health}");
        }
    }

    private void SignGood(string file) => _credentials!.Sign(file, NameIn(file));

    private static string NameIn(string file) => file == FilesOfAggregator ? TestCredentials.AggregatorName : TestCredentials.AgentName;

    // One that is not valid any more, one that is not yet, and one of somebody else; and how the other side says so.
    private (Action Sign, string Reason) SignBad(string file) => _random.Next(3) switch
    {
        0 => (() => _credentials!.Sign(file, NameIn(file), -2, -1), "TLS: .*(expired|time)"),
        1 => (() => _credentials!.Sign(file, NameIn(file), 1, 20), "TLS: .*(not yet valid|time)"),
        _ => (() => _credentials!.Sign(file, "somebody-else"), "its certificate is of 'somebody-else'"),
    };

    // Who insists on a good certificate does not get through.
    private async Task RefusesAsync(string url, string name)
    {
        using var http = _credentials!.Http(name);
        var failure = await Assert.ThrowsAsync<HttpRequestException>(async () => await http.GetStringAsync(new Uri($"{url}/health")));
        Assert.That(failure!.InnerException, Is.InstanceOf<AuthenticationException>());
    }

    // Waits until the program has said that it uses new files.
    private static async Task TakenAsync(ServerProcess program, string file, Action write)
    {
        var before = Count();
        write();
        await Waiting.ForAsync($"{file} to be taken", () => Task.FromResult(Count() > before ? "" : null));

        int Count() => program.Error.Split($"{file}.key changed").Length;
    }

    private async Task<ulong> RefusedByAAsync()
    {
        var access = (await A.Agent.GetAsync("/api/stats")).GetProperty("access");
        return Number("certificates_refused") + Number("unauthenticated");

        ulong Number(string counter) => access.TryGetProperty(counter, out var text) ? ulong.Parse(text.GetString()!, CultureInfo.InvariantCulture) : 0;
    }
}
