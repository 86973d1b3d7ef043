using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Monitor.Protocol;
using Monitor.Server.Settings;

namespace Monitor.Server;

/// <summary>
/// What <c>--check-health URL</c> does: asks a running agent or aggregator whether it is healthy, for images that have neither a
/// shell nor another client.
/// </summary>
public static class HealthCheck
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(5);

    /// <summary>Asks until it is healthy, for a minute at most.</summary>
    /// <param name="url">Base address of REST.</param>
    /// <param name="settings">Whose authority vouches for the server, where the system's do not.</param>
    /// <param name="output">What it answered is printed there.</param>
    /// <param name="error">Why it is not healthy.</param>
    /// <returns>The exit code: 0 where it is healthy, 1 where it is not.</returns>
    /// <exception cref="AccessException">The authority cannot be used.</exception>
    public static async Task<int> RunAsync(Uri url, SettingValues settings, TextWriter output, TextWriter error)
    {
        using var handler = new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false };
        if (settings.TryGet(ServerSettings.TlsAuthority, out var file))
        {
            handler.SslOptions.CertificateChainPolicy = CertificateAuthority.Parse(file, await File.ReadAllBytesAsync(file)).PolicyOfServers();
        }
        else
        {
            handler.SslOptions.CertificateRevocationCheckMode = X509RevocationMode.NoCheck;
        }

        using var http = new HttpClient(handler) { Timeout = AnswerTimeout };
        using var pace = new PeriodicTimer(Pace);
        using var patience = new CancellationTokenSource(Patience);
        var told = "";
        while (true)
        {
            var (answer, isHealthy) = await AskAsync(http, new Uri(url, "health"));
            if (isHealthy)
            {
                output.WriteLine(answer);
                return 0;
            }

            if (patience.IsCancellationRequested)
            {
                error.WriteLine($"{url} is not healthy after a minute: {answer}");
                return 1;
            }

            if (answer != told)
            {
                error.WriteLine($"not healthy yet: {answer}");
                told = answer;
            }

            await pace.WaitForNextTickAsync(CancellationToken.None);
        }
    }

    private static async Task<(string Answer, bool IsHealthy)> AskAsync(HttpClient http, Uri url)
    {
        try
        {
            using var response = await http.GetAsync(url);
            var answer = await response.Content.ReadAsStringAsync();
            using var health = JsonDocument.Parse(answer);
            return (answer, health.RootElement.TryGetProperty("status", out var status) && status.ValueEquals(HealthStatus.Healthy));
        }
        catch (Exception failure) when (failure is HttpRequestException or TaskCanceledException or JsonException or InvalidOperationException)
        {
            return (failure.GetBaseException().Message, false);
        }
    }
}
