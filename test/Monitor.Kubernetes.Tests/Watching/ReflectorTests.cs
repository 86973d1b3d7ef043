using System.Diagnostics;
using Monitor.Kubernetes.Agents;
using Monitor.Kubernetes.Cluster;
using Monitor.Kubernetes.Pods;
using Monitor.Kubernetes.Tests.Support;
using Monitor.Kubernetes.Watching;

namespace Monitor.Kubernetes.Tests.Watching;

/// <summary>Against a real API server.</summary>
internal sealed class ReflectorTests
{
    private static readonly WatchOptions Quick = new()
    {
        FirstBackoff = TimeSpan.FromMilliseconds(50),
        LongestBackoff = TimeSpan.FromMilliseconds(500),
    };

    private ApiServer _server = null!;
    private ApiConnection _connection = null!;
    private CollectedLog<Reflector<Pod>> _log = null!;
    private CollectedObjects<Pod> _pods = null!;
    private string _node = null!;

    [OneTimeSetUp]
    public async Task StartServer() => _server = await ApiServer.StartAsync();

    [OneTimeTearDown]
    public async Task StopServer()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }

    [SetUp]
    public void SetUp()
    {
        _connection = _server.Connect();
        _log = new CollectedLog<Reflector<Pod>>();
        _pods = new CollectedObjects<Pod>(pod => pod.Name);
        _node = $"node-{Guid.NewGuid():N}"[..20];
    }

    [TearDown]
    public void TearDown() => _connection.Dispose();

    [Test]
    public async Task Pods_OfANode_AreListedAndFollowed()
    {
        await _server.AddPodAsync($"{_node}-a", _node, "10.1.0.1");
        await _server.AddPodAsync($"{_node}-elsewhere", "other", "10.1.0.2");
        var reflector = Reflector();
        await using var running = new Running(reflector.RunAsync);
        await Waiting.UntilAsync("the list", () => reflector.Status.Phase == WatchPhase.Watching);
        Assert.That(_pods.Objects.Keys, Is.EquivalentTo(new[] { $"{_node}-a" }));

        await _server.AddPodAsync($"{_node}-b", _node);
        await Waiting.UntilAsync("a new pod", () => _pods.Objects.ContainsKey($"{_node}-b"));
        await _server.SetPodStatusAsync($"{_node}-b", "10.1.0.3", "Running");
        await Waiting.UntilAsync("its address", () => _pods.Objects[$"{_node}-b"].Addresses.Length == 1);
        await _server.DeletePodAsync($"{_node}-a");
        await Waiting.UntilAsync("an end", () => !_pods.Objects.ContainsKey($"{_node}-a"));

        var pod = _pods.Objects[$"{_node}-b"];
        Assert.Multiple(() =>
        {
            Assert.That(pod.NodeName, Is.EqualTo(_node));
            Assert.That(pod.Containers.Single().Id.ToString(), Is.EqualTo(TestPods.Id($"{_node}-b".Length)));
            Assert.That(IpKey.ToAddress(pod.Addresses[0]).ToString(), Is.EqualTo("10.1.0.3"));
            Assert.That(reflector.Status.Error, Is.Null);
            Assert.That(reflector.Status.Malformed, Is.Zero);
        });
    }

    /// <summary>Pages of ten; the objects of all pages are there, and the watch starts where the list ended.</summary>
    [Test]
    public async Task Pods_OnManyPages_AreAllListed()
    {
        await Parallel.ForEachAsync(Enumerable.Range(0, 45), async (i, _) => await _server.AddPodAsync($"{_node}-{i}", _node));
        var reflector = Reflector(
            PodReader.Pods(_node) with { ListsFromCache = false }, Quick with { PageSize = 10 });
        await using var running = new Running(reflector.RunAsync);

        await Waiting.UntilAsync("the list", () => reflector.Status.Phase == WatchPhase.Watching);
        Assert.That(_pods.Objects, Has.Count.EqualTo(45));
        await _server.DeletePodAsync($"{_node}-7");
        await Waiting.UntilAsync("the watch", () => _pods.Objects.Count == 44);
    }

    /// <summary>What happened while the server was down, deletions included, is made good by a new list.</summary>
    [Test]
    public async Task Server_KilledAndRestarted_IsCaughtUpWith()
    {
        await _server.AddPodAsync($"{_node}-a", _node);
        await _server.AddPodAsync($"{_node}-b", _node);
        var reflector = Reflector();
        await using var running = new Running(reflector.RunAsync);
        await Waiting.UntilAsync("the list", () => reflector.Status.Phase == WatchPhase.Watching);

        await _server.KillAsync();
        await Waiting.UntilAsync("the failure", () => reflector.Status.Phase == WatchPhase.Failing);
        Assert.That(_pods.Objects, Has.Count.EqualTo(2), "what is known stays");
        Assert.That(reflector.Status.Error, Does.StartWith("cannot watch pods: "));
        await _server.StartServerAsync();
        await _server.DeletePodAsync($"{_node}-a");
        await _server.AddPodAsync($"{_node}-c", _node);

        await Waiting.UntilAsync("the changes", () =>
            _pods.Objects.Keys.Order(StringComparer.Ordinal).SequenceEqual([$"{_node}-b", $"{_node}-c"]));
        // Once for each reason: the end of the connection, and that there is no other.
        Assert.That(_log.Messages.Where(message => message.Contains("cannot watch", StringComparison.Ordinal)), Is.Unique);
        Assert.That(_log.Messages, Has.Some.Contains("goes on"));
    }

    /// <summary>A server that has restarted remembers no older version, and answers 410 to who watches from one.</summary>
    [Test]
    public async Task Version_TooOld_GivesANewList()
    {
        var bookmark = await _server.PostAsync("api/v1/namespaces/default/configmaps", new { metadata = new { name = _node } });
        var old = bookmark.GetProperty("metadata").GetProperty("resourceVersion").GetString()!;
        await _server.AddPodAsync($"{_node}-a", _node);
        await _server.KillAsync();
        await _server.StartServerAsync();
        using var answer = await _server.Admin.GetAsync(
            new Uri($"api/v1/pods?watch=true&resourceVersion={old}", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync());
        var line = await reader.ReadLineAsync();
        Assert.That(line, Does.Contain("410"), "the premise of this test");

        var type = PodReader.Pods(_node);
        Assert.That(
            () => WatchEvent<Pod>.Read(System.Text.Encoding.UTF8.GetBytes(line!), type),
            Throws.TypeOf<ApiException>().With.Property(nameof(ApiException.IsGone)).True);
        var reflector = Reflector();
        reflector.WatchFrom(old);
        await using var running = new Running(reflector.RunAsync);

        await Waiting.UntilAsync("the list", () => _pods.Objects.ContainsKey($"{_node}-a"));
        Assert.That(reflector.Status.Lists, Is.EqualTo(1));
        Assert.That(_log.Messages, Has.One.Contains("too old"));
        Assert.That(_log.Entries.Where(entry => entry.Level >= Microsoft.Extensions.Logging.LogLevel.Warning), Is.Empty);
    }

    /// <summary>The server ends watches in time; they go on without a list and without a gap.</summary>
    [Test]
    public async Task Watch_EndedByTheServer_GoesOnWithoutAList()
    {
        var reflector = Reflector(options: Quick with { WatchTimeout = TimeSpan.FromSeconds(1.4) });
        await using var running = new Running(reflector.RunAsync);
        await Waiting.UntilAsync("the list", () => reflector.Status.Phase == WatchPhase.Watching);

        var clock = Stopwatch.StartNew();
        for (var i = 0; clock.Elapsed < TimeSpan.FromSeconds(5); i++)
        {
            await _server.AddPodAsync($"{_node}-{i}", _node);
            await Waiting.UntilAsync("a pod", () => _pods.Objects.ContainsKey($"{_node}-{i}"));
        }

        Assert.That(reflector.Status.Lists, Is.EqualTo(1));
        Assert.That(reflector.Status.Error, Is.Null);
    }

    [TestCase("watch", "list", "cannot list pods: the service account default/{0} needs the verb `list` on `pods`")]
    [TestCase("list", "watch", "cannot watch pods: the service account default/{0} needs the verb `watch` on `pods`")]
    public async Task Account_WithoutAVerb_IsToldWhich(string has, string lacks, string message)
    {
        var account = $"{_node}-{lacks}";
        var uid = await _server.AddAccountAsync(account, [has], "pods");
        await _server.AddPodAsync($"{_node}-a", _node);
        var file = Path.Combine(_server.Folder, account);
        await File.WriteAllTextAsync(file, _server.Token(account, uid, TimeSpan.FromHours(1)));
        using var connection = _server.ConnectByTokenFile(file);
        var reflector = Reflector(connection: connection);
        await using var running = new Running(reflector.RunAsync);

        await Waiting.UntilAsync("the refusal", () => reflector.Status.Error is not null);
        Assert.That(reflector.Status.Error, Is.EqualTo(string.Format(null, message, account)));

        // It goes on as soon as it may.
        await _server.PatchAsync($"apis/rbac.authorization.k8s.io/v1/clusterroles/{account}", new
        {
            rules = new[] { new { apiGroups = new[] { "" }, resources = new[] { "pods" }, verbs = new[] { "list", "watch" } } },
        });
        await Waiting.UntilAsync("the right", () => reflector.Status.Phase == WatchPhase.Watching);
        Assert.That(_pods.Objects, Has.Count.EqualTo(1));
        Assert.That(reflector.Status.Error, Is.Null);
    }

    [Test]
    public async Task Token_Expired_IsReadAgainFromItsFile()
    {
        var account = $"{_node}-token";
        var uid = await _server.AddAccountAsync(account, ["list", "watch"], "pods");
        var file = Path.Combine(_server.Folder, account);
        await File.WriteAllTextAsync(file, _server.Token(account, uid, TimeSpan.FromMinutes(-1)));
        using var connection = _server.ConnectByTokenFile(file);
        var reflector = Reflector(connection: connection);
        await using var running = new Running(reflector.RunAsync);
        await Waiting.UntilAsync("the refusal", () => reflector.Status.Error is not null);
        Assert.That(reflector.Status.Error, Does.Contain("does not accept the credentials (401)"));

        await File.WriteAllTextAsync(file, _server.Token(account, uid, TimeSpan.FromHours(1)));

        await Waiting.UntilAsync("the new token", () => reflector.Status.Phase == WatchPhase.Watching);
    }

    [Test]
    public async Task Kubeconfig_WithAToken_IsEnough()
    {
        var account = $"{_node}-config";
        var uid = await _server.AddAccountAsync(account, ["list", "watch"], "pods");

        await AssertConnectsAsync($"token: {_server.Token(account, uid, TimeSpan.FromHours(1))}");
    }

    [Test]
    public async Task Kubeconfig_WithACommand_IsEnough()
    {
        var account = $"{_node}-exec";
        var uid = await _server.AddAccountAsync(account, ["list", "watch"], "pods");
        var script = Path.Combine(_server.Folder, $"{account}.sh");
        await File.WriteAllTextAsync(script, $$$"""
            echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"{{{_server.Token(account, uid, TimeSpan.FromHours(1))}}}"}}'
            """);

        await AssertConnectsAsync(
            $"exec: {{apiVersion: client.authentication.k8s.io/v1, command: sh, args: [{script}], interactiveMode: Never}}");
    }

    [TestCase("token: ''", "credentials")]
    [TestCase("exec: {apiVersion: client.authentication.k8s.io/v1, command: /nowhere/at-all, interactiveMode: Never}", "/nowhere/at-all")]
    [TestCase("client-certificate-data: AAAA, client-key-data: AAAA", "cannot be used")]
    public async Task Kubeconfig_ThatIsUseless_IsSaid(string user, string expected)
    {
        using var connection = ApiConnection.FromKubeconfig(_server.WriteKubeconfig(user));
        var reflector = Reflector(connection: connection);
        await using var running = new Running(reflector.RunAsync);

        await Waiting.UntilAsync("the failure", () => reflector.Status.Error is not null);
        Assert.That(reflector.Status.Error, Does.Contain(expected));
    }

    [Test]
    public async Task Kubeconfig_ThatIsMissing_IsSaid()
    {
        using var connection = ApiConnection.FromKubeconfig("/nowhere/config");
        var reflector = Reflector(connection: connection);
        await using var running = new Running(reflector.RunAsync);

        await Waiting.UntilAsync("the failure", () => reflector.Status.Error is not null);
        Assert.That(reflector.Status.Error, Does.Contain("/nowhere/config"));
    }

    /// <summary>A server lets everybody who may make pods say that one is a mirror, and nobody write its status with it.</summary>
    [Test]
    public async Task Pod_ThatSaysItIsAMirror_IsKnownByItsUid()
    {
        const string Mirrored = "8d4fb1c7a52d5c1a8ad5e0b2c7ce4d5b";
        await _server.PostAsync("api/v1/namespaces/default/pods", new
        {
            metadata = new { name = $"{_node}-a", annotations = new Dictionary<string, string> { ["kubernetes.io/config.mirror"] = Mirrored } },
            spec = new { nodeName = _node, containers = new[] { new { name = "app", image = "app" } } },
            status = new { phase = "Running", startTime = "2026-11-24T12:00:00Z", hostIP = "192.0.2.9" },
        });
        var reflector = Reflector();
        await using var running = new Running(reflector.RunAsync);
        await Waiting.UntilAsync("the pod", () => _pods.Objects.ContainsKey($"{_node}-a"));
        var forged = _pods.Objects[$"{_node}-a"];

        await _server.SetPodStatusAsync($"{_node}-a", "10.1.0.3", "Running");

        Assert.That(forged.CgroupUid, Is.EqualTo(forged.Uid));
        await Waiting.UntilAsync("the node's word", () => _pods.Objects[$"{_node}-a"].CgroupUid == Guid.Parse(Mirrored));
    }

    /// <summary>A node's pod is named by what the server says, whatever it is called.</summary>
    [Test]
    public async Task Pod_WithTheLongestName_IsRead()
    {
        var name = string.Concat(Enumerable.Repeat(new string('a', 60) + ".", 4)) + new string('b', 9);
        Assert.That(name, Has.Length.EqualTo(253));
        await _server.AddPodAsync(name, _node);
        var reflector = Reflector();
        await using var running = new Running(reflector.RunAsync);

        await Waiting.UntilAsync("the pod", () => _pods.Objects.ContainsKey(name));
    }

    [Test]
    public async Task Services_AndNodes_AreWatchedTheSameWay()
    {
        var services = new CollectedObjects<Service>(service => service.Name);
        var nodes = new CollectedObjects<Node>(node => node.Name);
        var first = new Reflector<Service>(_connection, ServiceReader.Services(), services, Quick, TimeProvider.System, _log);
        var second = new Reflector<Node>(_connection, NodeReader.Nodes(), nodes, Quick, TimeProvider.System, _log);
        await using var firstRunning = new Running(first.RunAsync);
        await using var secondRunning = new Running(second.RunAsync);

        await _server.PostAsync("api/v1/namespaces/default/services", new
        {
            metadata = new { name = "shop" },
            spec = new { ports = new[] { new { port = 80 } }, externalIPs = new[] { "203.0.113.7" } },
        });
        await _server.PostAsync("api/v1/namespaces/default/services", new
        {
            metadata = new { name = "headless" },
            spec = new { clusterIP = "None", ports = new[] { new { port = 80 } } },
        });
        await _server.PostAsync("api/v1/nodes", new { metadata = new { name = _node } });
        await _server.PatchAsync($"api/v1/nodes/{_node}/status", new
        {
            status = new
            {
                addresses = new[]
                {
                    new { type = "InternalIP", address = "192.0.2.9" },
                    new { type = "Hostname", address = _node },
                },
            },
        });

        await Waiting.UntilAsync("the node", () => nodes.Objects.GetValueOrDefault(_node)?.Addresses.Length == 1);
        await Waiting.UntilAsync("the services", () => services.Objects.ContainsKey("headless"));
        Assert.Multiple(() =>
        {
            Assert.That(IpKey.ToAddress(nodes.Objects[_node].Addresses[0]).ToString(), Is.EqualTo("192.0.2.9"));
            Assert.That(services.Objects["headless"].Addresses, Is.Empty);
            Assert.That(
                services.Objects["shop"].Addresses.Select(address => IpKey.ToAddress(address).ToString()[..6]),
                Is.EqualTo(new[] { "10.96." }));
            Assert.That(
                services.Objects["shop"].ExternalAddresses.Select(address => IpKey.ToAddress(address).ToString()), Is.EqualTo(new[] { "203.0.113.7" }));
        });
    }

    /// <summary>2000 pods on 40 nodes: each is there once, and costs little time and memory.</summary>
    [Test]
    public async Task Pods_ByTheThousand_AreCheap()
    {
        const int Count = 2000;
        await _server.PostAsync("api/v1/namespaces", new { metadata = new { name = _node } });
        await Parallel.ForEachAsync(
            Enumerable.Range(0, Count),
            new ParallelOptions { MaxDegreeOfParallelism = 8 },
            async (i, _) => await _server.AddPodAsync($"p{i}", $"n{i % 40}", objectNamespace: _node));
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var type = PodReader.Pods() with { Path = $"api/v1/namespaces/{_node}/pods" };
        var reflector = Reflector(type);
        await using var running = new Running(reflector.RunAsync);

        await Waiting.UntilAsync("the list", () => reflector.Status.Phase == WatchPhase.Watching);
        Assert.That(_pods.Objects, Has.Count.EqualTo(Count));
        var perPod = (GC.GetTotalMemory(forceFullCollection: true) - before) / Count;
        TestContext.Out.WriteLine($"{perPod} bytes per pod");
        Assert.That(perPod, Is.LessThan(1024));
    }

    /// <summary>Agents appear and go; this server has endpoint slices of the beta only.</summary>
    [Test]
    public async Task Agents_OfAService_AreFollowed()
    {
        var agents = new AgentEndpoints(
            _connection, "default", _node, "grpc", TimeProvider.System, new CollectedLog<AgentEndpoints>());
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var sets = agents.WatchAsync(stop.Token).GetAsyncEnumerator(stop.Token);
        Assert.That(await sets.MoveNextAsync(), Is.True);
        Assert.That(sets.Current, Is.Empty);

        var slice = new Dictionary<string, object>
        {
            ["metadata"] = new
            {
                name = _node,
                labels = new Dictionary<string, string> { ["kubernetes.io/service-name"] = _node },
            },
            ["addressType"] = "IPv4",
            ["ports"] = new[] { new { name = "http", port = 8080 }, new { name = "grpc", port = 50051 } },
            ["endpoints"] = new object[]
            {
                new
                {
                    addresses = new[] { "10.1.0.5" },
                    topology = new Dictionary<string, string> { ["kubernetes.io/hostname"] = "n1" },
                },
                new { addresses = new[] { "10.1.0.6" }, conditions = new { ready = false } },
            },
        };
        await _server.PostAsync("apis/discovery.k8s.io/v1beta1/namespaces/default/endpointslices", slice);
        Assert.That(await sets.MoveNextAsync(), Is.True);
        Assert.That(
            sets.Current.Select(agent => $"{agent.Address}:{agent.Port} {agent.NodeName}"),
            Is.EquivalentTo(new[] { "10.1.0.5:50051 n1", "10.1.0.6:50051 " }));

        await _server.DeleteAsync($"apis/discovery.k8s.io/v1beta1/namespaces/default/endpointslices/{_node}");
        Assert.That(await sets.MoveNextAsync(), Is.True);
        Assert.That(sets.Current, Is.Empty);
        Assert.That(agents.Status.Error, Is.Null);
        await sets.DisposeAsync();
    }

    /// <summary>A pod goes, and another gets its address, again and again: each moment has its owner.</summary>
    [Test]
    public async Task Addresses_UsedAgainAndAgain_HaveTheirOwnersInTime()
    {
        var view = new ClusterView(new ClusterViewOptions(), TimeProvider.System);
        var watch = KubernetesWatch.OfCluster(_connection, view, TimeProvider.System, new CollectedLog<KubernetesWatch>());
        await using var running = new Running(watch.RunAsync);
        await Waiting.UntilAsync("the lists", () => watch.Status.All(status => status.Phase == WatchPhase.Watching));
        await _server.AddPodAsync($"{_node}-host", _node, "192.0.2.77", hostNetwork: true);
        var address = System.Net.IPAddress.Parse("::ffff:10.9.9.9").GetAddressBytes();
        var seen = new List<(long Time, string Name)>();

        for (var i = 0; i < 50; i++)
        {
            var name = $"{_node}-{i}";
            await _server.AddPodAsync(name, _node, "10.9.9.9");
            await Waiting.UntilAsync(name, () => view.Find(address, Now())?.Name == name);
            seen.Add((Now(), name));
            await _server.DeletePodAsync(name);
            await Waiting.UntilAsync($"the end of {name}", () => view.Find(address, Now()) is null);
        }

        Assert.Multiple(() =>
        {
            foreach (var (time, name) in seen)
            {
                Assert.That(view.Find(address, time)?.Name, Is.EqualTo(name));
            }

            Assert.That(view.Find(System.Net.IPAddress.Parse("::ffff:192.0.2.77").GetAddressBytes(), Now()), Is.Null);
        });

        static long Now() => DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() * 1_000_000;
    }

    private async Task AssertConnectsAsync(string user)
    {
        using var connection = ApiConnection.FromKubeconfig(_server.WriteKubeconfig(user));
        var reflector = Reflector(connection: connection);
        await using var running = new Running(reflector.RunAsync);
        await Waiting.UntilAsync("the list", () => reflector.Status.Phase == WatchPhase.Watching);
    }

    private Reflector<Pod> Reflector(
        ResourceType<Pod>? type = null, WatchOptions? options = null, ApiConnection? connection = null) => new(
            connection ?? _connection, type ?? PodReader.Pods(_node), _pods, options ?? Quick, TimeProvider.System, _log);
}
