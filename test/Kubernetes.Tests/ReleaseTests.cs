using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Grpc.Core;
using Grpc.Net.Client;
using Monitor.Agent.Tests.Kernel;
using Monitor.V1;

namespace Kubernetes.Tests;

/// <summary>The chart on the real node, with images of the published programs.</summary>
[RequiresKernel]
internal sealed class ReleaseTests
{
    [OneTimeSetUp]
    public static Task MakeImagesAsync() => Images.MakeAsync();

    // Install, pods that connect, are refused, or live for a moment, helm test, upgrade, rollback, uninstall.
    [Test]
    public async Task Release_FromInstallToUninstall_SeesThePodsAndLeavesNothing()
    {
        var before = await ProgramsAsync();
        var environment = Cluster.Environment;
        environment["TEST_IMAGE"] = "monitor.test/busybox:1";

        var script = Shell.RunAsync(environment, "deploy/helm/integration-test.sh", Images.Values);
        var pods = GrpcClientSeesPodsAsync(script);

        var run = await script;
        Assert.That(run.ExitCode, Is.Zero, run.Output + run.Error);
        Assert.That(await pods, Is.True, "a gRPC client saw the pod that connects and the pod that it connects to");
        Assert.That(await ProgramsAsync(), Is.EqualTo(before), "programs in the kernel");
    }

    // Beside the script, which asks by REST: whether the aggregator tells a gRPC client too. Through the API server, as a
    // user would; again and again, because the script replaces the aggregator.
    private static async Task<bool> GrpcClientSeesPodsAsync(Task script)
    {
        var request = new ListEventsRequest { Limit = 1, PeerPodName = { "server" }, K8SPodName = { "client" } };
        while (!script.IsCompleted)
        {
            using var forward = PortForward.Start("network-monitor-test", "service/network-monitor-aggregator", 50052);
            while (await forward.LocalPortAsync() is { } port && !script.IsCompleted)
            {
                try
                {
                    using var channel = await SecureChannelAsync(port);
                    var events = await new EventService.EventServiceClient(channel).ListEventsAsync(
                        request, deadline: DateTime.UtcNow.AddSeconds(5));
                    if (events.Events.Count > 0)
                    {
                        return events.Events[0] is { K8SPodName: "client", PeerPodName: "server", Connection: not null };
                    }
                }
                catch (Exception notYet) when (notYet is RpcException or AssertionException)
                {
                    // Neither a secret nor a service account, or an aggregator that is being replaced.
                    break;
                }

                await Task.Delay(200);
            }

            await Task.Delay(200);
        }

        return false;
    }

    // With the authority of the release, and the token of the script's reader.
    private static async Task<GrpcChannel> SecureChannelAsync(int port)
    {
        string[] inNamespace = ["-n", "network-monitor-test"];
        var authority = (await Cluster.KubectlAsync(
            [.. inNamespace, "get", "secret", "network-monitor-aggregator-tls", "-o", "go-template={{index .data \"ca.crt\" | base64decode}}"])).Succeeded();
        var token = (await Cluster.KubectlAsync([.. inNamespace, "create", "token", "reader"])).Succeeded();
        var handler = new SocketsHttpHandler();
        handler.SslOptions.CertificateChainPolicy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            CustomTrustStore = { X509Certificate2.CreateFromPem(authority) },
        };
        return GrpcChannel.ForAddress($"https://localhost:{port}", new GrpcChannelOptions
        {
            HttpHandler = handler,
            DisposeHttpClient = true,
            Credentials = ChannelCredentials.Create(ChannelCredentials.SecureSsl, CallCredentials.FromInterceptor((_, headers) =>
            {
                headers.Add("Authorization", $"Bearer {token}");
                return Task.CompletedTask;
            })),
        });
    }

    private static async Task<string> ProgramsAsync()
    {
        using var programs = JsonDocument.Parse((await Shell.RunAsync("bpftool", "-j", "prog", "show")).Succeeded());
        return string.Join('\n', programs.RootElement.EnumerateArray()
            .Select(program => $"{program.GetProperty("id")} {(program.TryGetProperty("name", out var name) ? name.GetString() : "")}"));
    }
}
