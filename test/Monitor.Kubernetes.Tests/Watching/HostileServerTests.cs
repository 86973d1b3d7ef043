using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;
using Monitor.Kubernetes.Pods;
using Monitor.Kubernetes.Tests.Support;
using Monitor.Kubernetes.Watching;

namespace Monitor.Kubernetes.Tests.Watching;

/// <summary>A server that is slow, breaks off, or sends what no API server would: what is known stays, and it is said.</summary>
internal sealed class HostileServerTests
{
    private const string Uid = "3f0c6a1e-5b0c-4d5c-9c55-2a1b7f3f9d10";

    private static readonly WatchOptions Quick = new()
    {
        FirstBackoff = TimeSpan.FromMilliseconds(10),
        LongestBackoff = TimeSpan.FromMilliseconds(50),
        PageTimeout = TimeSpan.FromSeconds(1),
        MaxPageBytes = 1 << 20,
        MaxEventBytes = 64 << 10,
        MaxObjects = 1000,
    };

    private CollectedLog<Reflector<Pod>> _log = null!;
    private CollectedObjects<Pod> _pods = null!;

    [SetUp]
    public void SetUp()
    {
        _log = new CollectedLog<Reflector<Pod>>();
        _pods = new CollectedObjects<Pod>(pod => pod.Name);
    }

    /// <summary>Every one of these lists is refused with a reason, nothing is thrown, and the next good one is taken.</summary>
    [TestCase("", "is not JSON")]
    [TestCase("<html>Bad gateway</html>", "is not JSON")]
    [TestCase("{", "is not JSON")]
    [TestCase("[]", "not a list")]
    [TestCase("{}", "not a list")]
    [TestCase("5", "not a list")]
    [TestCase("""{"metadata":{"resourceVersion":"1"}}""", "not a list")]
    [TestCase("""{"items":[]}""", "not a list")]
    [TestCase("""{"metadata":[],"items":[]}""", "not a list")]
    [TestCase("""{"metadata":{"resourceVersion":7},"items":[]}""", "not a list")]
    [TestCase("""{"metadata":{"resourceVersion":"1"},"items":[]} {}""", "is not JSON")]
    [TestCase("""{"metadata":{"resourceVersion":"1"},"items":[{"metadata":{"name":"\ud800""", "is not JSON")]
    [TestCase("""{"\ud800":1,"metadata":{"resourceVersion":"1"}}""", "is not JSON", TestName = "half a surrogate pair as a name")]
    public async Task List_OfGarbage_IsRefusedAndAskedForAgain(string garbage, string problem)
    {
        var bad = true;
        await using var server = new ScriptedServer((path, stream, token) => IsWatch(path) ? WaitAsync(stream, token)
            : ScriptedServer.WriteAsync(stream, 200, Volatile.Read(ref bad) ? garbage : List("1", Pod("a"))));
        using var connection = server.Connect();
        var reflector = Reflector(connection);
        await using var running = new Running(reflector.RunAsync);
        await Waiting.UntilAsync("the refusal", () => reflector.Status.Error is not null);
        Assert.That(reflector.Status.Error, Does.Contain(problem));
        Assert.That(reflector.Status.Phase, Is.EqualTo(WatchPhase.Failing));

        Volatile.Write(ref bad, false);

        await Waiting.UntilAsync("a good list", () => reflector.Status.Phase == WatchPhase.Watching);
        Assert.That(_pods.Objects.Keys, Is.EqualTo(new[] { "a" }));
        Assert.That(_log.Entries.Count(entry => entry.Level == LogLevel.Warning), Is.EqualTo(1), "once for each reason");
    }

    [Test]
    public async Task List_NestedWithoutEnd_IsRefused()
    {
        var nested = """{"metadata":{"resourceVersion":"1"},"items":[{"spec":""" + new string('[', 100_000);
        await using var server = new ScriptedServer((_, stream, _) => ScriptedServer.WriteAsync(stream, 200, nested));
        using var connection = server.Connect();
        var reflector = Reflector(connection);
        await using var running = new Running(reflector.RunAsync);

        await Waiting.UntilAsync("the refusal", () => reflector.Status.Error?.Contains("not JSON", StringComparison.Ordinal) == true);
    }

    /// <summary>Objects that lack what is needed, or have it in another shape, are left out and counted; the others stay.</summary>
    [Test]
    public async Task List_WithObjectsThatCannotBeRead_KeepsTheOthers()
    {
        string[] items =
        [
            Pod("a"),
            "{}",
            """{"metadata":5,"spec":[],"status":"x"}""",
            """{"metadata":{"name":"b","namespace":"n","uid":"not a uid"}}""",
            """{"metadata":{"name":"","namespace":"n","uid":"b2a7c9d4-0f31-4a77-8f0e-6c1de0c9a455"}}""",
            """{"metadata":{"name":"NAME","namespace":"n","uid":"b2a7c9d4-0f31-4a77-8f0e-6c1de0c9a455"}}""".Replace("NAME", new string('x', 254), StringComparison.Ordinal),
            """{"metadata":{"name":"\ud800","namespace":"n","uid":"b2a7c9d4-0f31-4a77-8f0e-6c1de0c9a455"}}""",
            // A pod without status, and one whose parts are of other kinds: both are pods.
            """{"metadata":{"name":"c","namespace":"n","uid":"b2a7c9d4-0f31-4a77-8f0e-6c1de0c9a455"}}""",
            """{"metadata":{"name":"d","namespace":"n","uid":"b2a7c9d4-0f31-4a77-8f0e-6c1de0c9a456","labels":3,"ownerReferences":{},"creationTimestamp":"yesterday"},"spec":{"containers":[5,null,{"name":null}],"hostNetwork":"yes"},"status":{"podIP":"999.1.2.3","podIPs":[{"ip":7},"x"],"containerStatuses":{"a":1},"phase":[1]}}""",
        ];
        await using var server = new ScriptedServer((path, stream, token) => IsWatch(path) ? WaitAsync(stream, token)
            : ScriptedServer.WriteAsync(stream, 200, List("1", items)));
        using var connection = server.Connect();
        var reflector = Reflector(connection);
        await using var running = new Running(reflector.RunAsync);

        await Waiting.UntilAsync("the list", () => reflector.Status.Phase == WatchPhase.Watching);
        Assert.Multiple(() =>
        {
            Assert.That(_pods.Objects.Keys, Is.EquivalentTo(new[] { "a", "c", "d" }));
            Assert.That(_pods.Objects["d"].Addresses, Is.Empty);
            Assert.That(_pods.Objects["d"].Containers, Is.Empty);
            Assert.That(_pods.Objects["d"].IsHostNetwork, Is.False);
            Assert.That(reflector.Status.Malformed, Is.EqualTo(6));
            Assert.That(_log.Messages, Has.One.Contains("6 pods cannot be read"));
        });
    }

    [Test]
    public async Task List_ThatIsEmpty_IsTaken()
    {
        await using var server = new ScriptedServer((path, stream, token) => IsWatch(path) ? WaitAsync(stream, token)
            : ScriptedServer.WriteAsync(stream, 200, """{"metadata":{"resourceVersion":"1"},"items":null}"""));
        using var connection = server.Connect();
        var reflector = Reflector(connection);
        await using var running = new Running(reflector.RunAsync);

        await Waiting.UntilAsync("the list", () => reflector.Status.Phase == WatchPhase.Watching);
        Assert.That(_pods.Objects, Is.Empty);
    }

    /// <summary>As large as Kubernetes gets, in pages of 500: all are taken, below 1 KB each, and the next change too.</summary>
    [Test]
    public async Task List_OfAHundredThousandPods_IsTaken()
    {
        const int Count = 100_000;
        const int OnAPage = 500;
        await using var server = new ScriptedServer(async (path, stream, token) =>
        {
            if (IsWatch(path))
            {
                await ScriptedServer.BeginAsync(stream);
                await ScriptedServer.WriteTextAsync(
                    stream, $$"""{"type":"DELETED","object":{{Pod(7)}}}""" + "\n");
                await Task.Delay(Timeout.Infinite, token);
            }

            var from = path.Split("continue=") is [_, var rest] ? int.Parse(rest.Split('&', ' ')[0], CultureInfo.InvariantCulture) : 0;
            var to = from + OnAPage;
            await ScriptedServer.WriteAsync(
                stream, 200, List("1", [.. Enumerable.Range(from, OnAPage).Select(Pod)], to < Count ? $"{to}" : null));
        });
        using var connection = server.Connect();
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var reflector = Reflector(connection, new WatchOptions());
        await using var running = new Running(reflector.RunAsync);

        await Waiting.UntilAsync("the change", () => _pods.Objects.Count == Count - 1);
        Assert.That(_pods.Objects, Does.ContainKey("p99999").And.Not.ContainKey("p7"));
        Assert.That(server.Lists, Has.Count.EqualTo(Count / OnAPage));
        Assert.That((GC.GetTotalMemory(forceFullCollection: true) - before) / Count, Is.LessThan(1024));

        static string Pod(int index) =>
            $$$"""{"metadata":{"name":"p{{{index}}}","namespace":"n","uid":"{{{new Guid(index, 0, 0, [1, 2, 3, 4, 5, 6, 7, 8])}}}","resourceVersion":"3"},"spec":{"nodeName":"n{{{index % 5000}}}","containers":[{"name":"app"}]},"status":{"podIP":"10.{{{index >> 16}}}.{{{index >> 8 & 255}}}.{{{index & 255}}}"} }""";
    }

    [Test]
    public async Task List_WithoutEnd_IsRefused()
    {
        await using var server = new ScriptedServer((_, stream, _) => ScriptedServer.WriteAsync(
            stream, 200, List("1", [.. Enumerable.Range(0, 100).Select(i => Pod($"p{i}"))], next: "more")));
        using var connection = server.Connect();
        var reflector = Reflector(connection);
        await using var running = new Running(reflector.RunAsync);

        await Waiting.UntilAsync("the limit", () => reflector.Status.Error?.Contains("more than 1000", StringComparison.Ordinal) == true);
        Assert.That(_pods.Objects, Is.Empty);
    }

    [Test]
    public async Task Page_LongerThanTheLimit_IsRefused()
    {
        await using var server = new ScriptedServer(async (_, stream, token) =>
        {
            await ScriptedServer.BeginAsync(stream);
            while (!token.IsCancellationRequested)
            {
                await ScriptedServer.WriteTextAsync(stream, new string(' ', 10_000));
            }
        });
        using var connection = server.Connect();
        var reflector = Reflector(connection);
        await using var running = new Running(reflector.RunAsync);

        await Waiting.UntilAsync("the limit", () => reflector.Status.Error?.Contains("more than 1 MiB", StringComparison.Ordinal) == true);
    }

    /// <summary>Whoever may make pods can make a hundred of etcd's limit: the others are listed nevertheless.</summary>
    [Test]
    public async Task Page_OfLargeObjects_IsAskedForInParts()
    {
        const int Count = 40;
        await using var server = new ScriptedServer((path, stream, token) =>
        {
            if (IsWatch(path))
            {
                return WaitAsync(stream, token);
            }

            // From its cache, an API server sends all.
            var limit = path.Contains("resourceVersion=0", StringComparison.Ordinal) ? Count
                : int.Parse(path.Split("limit=")[1].Split('&', ' ')[0], CultureInfo.InvariantCulture);
            var from = path.Split("continue=") is [_, var rest] ? int.Parse(rest.Split('&', ' ')[0], CultureInfo.InvariantCulture) : 0;
            var to = Math.Min(Count, from + limit);
            return ScriptedServer.WriteAsync(
                stream, 200, List("1", [.. Enumerable.Range(from, to - from).Select(Large)], to < Count ? $"{to}" : null));
        });
        using var connection = server.Connect();
        var reflector = Reflector(connection);
        await using var running = new Running(reflector.RunAsync);

        await Waiting.UntilAsync("the list", () => reflector.Status.Phase == WatchPhase.Watching);

        Assert.That(_pods.Objects, Has.Count.EqualTo(Count));
        Assert.That(reflector.Status.Error, Is.Null);

        static string Large(int index) =>
            $$$"""{"metadata":{"name":"p{{{index}}}","namespace":"n","uid":"{{{new Guid(index, 0, 0, [1, 2, 3, 4, 5, 6, 7, 8])}}}","annotations":{"a":"{{{new string('x', 200_000)}}}"} } }""";
    }

    /// <summary>Whatever goes wrong, it is said, and tried again.</summary>
    [Test]
    public async Task Failure_OfAnyKind_IsNotTheEnd()
    {
        await using var server = new ScriptedServer((path, stream, token) => IsWatch(path) ? WaitAsync(stream, token)
            : ScriptedServer.WriteAsync(stream, 200, List("1", Pod("a"))));
        using var connection = server.Connect();
        var failures = 2;
        var type = PodReader.Pods();
        var reflector = new Reflector<Pod>(
            connection,
            type with
            {
                Read = (ref reader, out version) => Interlocked.Decrement(ref failures) >= 0
                    ? throw new InsufficientMemoryException("no memory")
                    : type.Read(ref reader, out version),
            },
            _pods,
            Quick,
            TimeProvider.System,
            _log);
        await using var running = new Running(reflector.RunAsync);

        await Waiting.UntilAsync("a good list", () => reflector.Status.Phase == WatchPhase.Watching);
        Assert.That(_pods.Objects.Keys, Is.EqualTo(new[] { "a" }));
        Assert.That(_log.Messages, Has.One.Contains("cannot list pods: no memory"));
    }

    [Test]
    public async Task List_ThatDribbles_IsGivenUp()
    {
        await using var server = new ScriptedServer(async (_, stream, token) =>
        {
            await ScriptedServer.BeginAsync(stream);
            using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
            while (await pace.WaitForNextTickAsync(token))
            {
                await ScriptedServer.WriteTextAsync(stream, " ");
            }
        });
        using var connection = server.Connect();
        var reflector = Reflector(connection);
        await using var running = new Running(reflector.RunAsync);

        await Waiting.UntilAsync("the end of patience", () => reflector.Status.Error is not null);
        Assert.That(reflector.Status.Error, Is.EqualTo("cannot list pods: the API server did not answer in time"));
    }

    [Test]
    public async Task List_WhoseContinuationExpired_StartsOver()
    {
        var expired = false;
        await using var server = new ScriptedServer((path, stream, token) =>
        {
            if (IsWatch(path))
            {
                return WaitAsync(stream, token);
            }

            if (!path.Contains("continue=", StringComparison.Ordinal))
            {
                return ScriptedServer.WriteAsync(stream, 200, List("1", [Pod("a")], next: "more"));
            }

            var answer = Volatile.Read(ref expired)
                ? ScriptedServer.WriteAsync(stream, 200, List("1", Pod("b")))
                : ScriptedServer.WriteAsync(stream, 410, """{"kind":"Status","code":410}""");
            Volatile.Write(ref expired, true);
            return answer;
        });
        using var connection = server.Connect();
        var reflector = Reflector(connection);
        await using var running = new Running(reflector.RunAsync);

        await Waiting.UntilAsync("the list", () => reflector.Status.Phase == WatchPhase.Watching);
        Assert.That(_pods.Objects.Keys, Is.EquivalentTo(new[] { "a", "b" }));
    }

    [Test]
    public async Task Event_OfAnObjectNeverListed_IsTakenOrIgnored()
    {
        await using var server = Watched($$"""
            {"type":"MODIFIED","object":{{Pod("b")}} }
            {"type":"DELETED","object":{{Pod("never")}} }
            {"object":{{Pod("c")}},"more":[1],"type":"ADDED"}

            {"type":"MODIFIED","object":{"metadata":{"name":"without a uid"} } }

            """);
        using var connection = server.Connect();
        var reflector = Reflector(connection);
        await using var running = new Running(reflector.RunAsync);

        await Waiting.UntilAsync("the events", () => reflector.Status.Malformed == 1);
        Assert.That(_pods.Objects.Keys, Is.EquivalentTo(new[] { "a", "b", "c" }));
        Assert.That(reflector.Status.Lists, Is.EqualTo(1));
    }

    [TestCase("garbage\n", "is not JSON")]
    [TestCase("{}\n", "not an event")]
    [TestCase("[]\n", "not an event")]
    [TestCase("""{"type":"INVENTED","object":{}}""" + "\n", "not an event")]
    [TestCase("""{"type":"ADDED","object":7}""" + "\n", "not an event")]
    [TestCase("""{"type":"ERROR","object":{"code":500,"message":"etcd is on fire"}}""" + "\n", "etcd is on fire")]
    [TestCase("""{"type":"ERROR","object":{}}""" + "\n", "answers 0")]
    public async Task Watch_OfGarbage_ListsAnew(string garbage, string problem)
    {
        await using var server = Watched(garbage);
        using var connection = server.Connect();
        var reflector = Reflector(connection);
        await using var running = new Running(reflector.RunAsync);

        await Waiting.UntilAsync("a new list", () => server.Lists.Count > 1);
        Assert.That(_log.Messages, Has.Some.Contains(problem));
        Assert.That(_pods.Objects.Keys, Is.EqualTo(new[] { "a" }), "what is known stays");
    }

    /// <summary>Bookmarks move the version on, and are nothing else, however many come.</summary>
    [Test]
    public async Task Bookmarks_WithoutEnd_CostNothingAndMoveTheVersion()
    {
        var rounds = 0;
        await using var server = new ScriptedServer(async (path, stream, token) =>
        {
            if (!IsWatch(path))
            {
                await ScriptedServer.WriteAsync(stream, 200, List("1", Pod("a")));
                return;
            }

            await ScriptedServer.BeginAsync(stream);
            var text = string.Concat(Enumerable.Range(1, 1000).Select(i =>
                $$$"""{"type":"BOOKMARK","object":{"kind":"Pod","metadata":{"resourceVersion":"{{{i}}}","creationTimestamp":null} } }""" + "\n"));
            for (var i = 0; i < 100; i++)
            {
                await ScriptedServer.WriteTextAsync(stream, text);
            }

            Interlocked.Increment(ref rounds);
        });
        using var connection = server.Connect();
        var reflector = Reflector(connection);
        await using var running = new Running(reflector.RunAsync);

        await Waiting.UntilAsync("a second watch", () => server.Watches.Count > 1);
        Assert.That(server.Watches[1], Does.Contain("resourceVersion=1000&"));
        Assert.That(server.Lists, Has.Count.EqualTo(1));
        Assert.That(reflector.Status.Changes, Is.Zero);
        Assert.That(reflector.Status.Malformed, Is.Zero);
    }

    [Test]
    public async Task Line_WithoutEnd_IsGivenUp()
    {
        await using var server = new ScriptedServer(async (path, stream, token) =>
        {
            if (!IsWatch(path))
            {
                await ScriptedServer.WriteAsync(stream, 200, List("1", Pod("a")));
                return;
            }

            await ScriptedServer.BeginAsync(stream);
            await ScriptedServer.WriteTextAsync(stream, """{"type":"BOOKMARK","object":{"metadata":{"name":""" + "\"");
            while (!token.IsCancellationRequested)
            {
                await ScriptedServer.WriteTextAsync(stream, new string('x', 1000));
            }
        });
        using var connection = server.Connect();
        var reflector = Reflector(connection);
        await using var running = new Running(reflector.RunAsync);

        await Waiting.UntilAsync("the limit", () => _log.Messages.Any(message =>
            message.Contains("an event is longer than", StringComparison.Ordinal)));
    }

    /// <summary>As large as etcd takes an object, and written as Go writes it.</summary>
    [Test]
    public async Task Event_OfTheLargestPod_IsTaken()
    {
        var text = string.Concat(Enumerable.Repeat("\\u003c", 1_500_000));
        var pod = $$"""{"spec":{"containers":[{"name":"c","args":["{{text}}"]}]},{{Pod("b")[1..]}}""";
        await using var server = new ScriptedServer(async (path, stream, token) =>
        {
            if (!IsWatch(path))
            {
                await ScriptedServer.WriteAsync(stream, 200, List("1", Pod("a")));
                return;
            }

            await ScriptedServer.BeginAsync(stream);
            await ScriptedServer.WriteTextAsync(stream, "{\"type\":\"ADDED\",\"object\":" + pod + "}\n");
            await Task.Delay(Timeout.Infinite, token);
        });
        using var connection = server.Connect();
        var reflector = Reflector(connection, new WatchOptions());
        await using var running = new Running(reflector.RunAsync);

        await Waiting.UntilAsync("the pod", () => _pods.Objects.ContainsKey("b") || reflector.Status.Error is not null);
        Assert.That(reflector.Status.Error, Is.Null);
    }

    /// <summary>Silence after the time that was asked for: a new connection, from the same version.</summary>
    [Test]
    public async Task Watch_ThatFallsSilent_IsTakenUpAgain()
    {
        await using var server = new ScriptedServer((path, stream, token) => IsWatch(path) ? WaitAsync(stream, token)
            : ScriptedServer.WriteAsync(stream, 200, List("5", Pod("a"))));
        using var connection = server.Connect();
        var reflector = Reflector(connection, Quick with
        {
            WatchTimeout = TimeSpan.FromSeconds(1.4),
            WatchGrace = TimeSpan.FromMilliseconds(100),
        });
        await using var running = new Running(reflector.RunAsync);

        await Waiting.UntilAsync("a second watch", () => server.Watches.Count > 1);
        Assert.That(server.Watches, Has.All.Contain("resourceVersion=5&"));
        Assert.That(server.Lists, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Server_ThatAsksForPatience_GetsIt()
    {
        await using var server = new ScriptedServer((_, stream, _) =>
            ScriptedServer.WriteAsync(stream, 429, """{"message":"too many requests"}""", "Retry-After: 1\r\n"));
        using var connection = server.Connect();
        var reflector = Reflector(connection, Quick with { LongestBackoff = TimeSpan.FromSeconds(10) });
        var start = TimeProvider.System.GetTimestamp();
        await using var running = new Running(reflector.RunAsync);

        await Waiting.UntilAsync("a second attempt", () => server.Requests.Count > 1);
        Assert.That(TimeProvider.System.GetElapsedTime(start), Is.GreaterThanOrEqualTo(TimeSpan.FromSeconds(0.99)));
        Assert.That(reflector.Status.Error, Is.EqualTo("cannot list pods: the API server answers 429: too many requests"));
    }

    [Test]
    public async Task Server_ThatRedirects_IsNotFollowed()
    {
        await using var elsewhere = new ScriptedServer((_, stream, _) => ScriptedServer.WriteAsync(stream, 200, List("1")));
        var there = elsewhere.Connect();
        await using var server = new ScriptedServer((_, stream, _) =>
            ScriptedServer.WriteAsync(stream, 302, "", "Location: http://127.0.0.1:1/\r\n"));
        using var connection = server.Connect();
        var reflector = Reflector(connection);
        await using var running = new Running(reflector.RunAsync);

        await Waiting.UntilAsync("the refusal", () => reflector.Status.Error is not null);
        Assert.That(reflector.Status.Error, Does.Contain("answers 302"));
        there.Dispose();
    }

    /// <summary>Pods mangled at random, in lists and events: whatever is read, nothing but refusals comes out.</summary>
    [Test]
    public void Pods_MangledAtRandom_AreReadOrRefused()
    {
        var reader = new PodReader();
        var random = new Random(20261124);
        var whole = Encoding.UTF8.GetBytes(List("7", [RealPod(), Pod("a"), RealPod()]));
        var read = 0;
        for (var i = 0; i < 20_000; i++)
        {
            var text = whole.ToArray();
            for (var change = random.Next(4); change >= 0; change--)
            {
                text[random.Next(text.Length)] = random.Next(3) == 0 ? (byte)random.Next(256) : (byte)"{}[]\",:0\\u"[random.Next(10)];
            }

            var items = new List<Pod>();
            try
            {
                ListPage.Read<Pod>(text.AsSpan(0, random.Next(4) == 0 ? random.Next(text.Length) : text.Length), reader.Read, items);
                read++;
            }
            catch (Exception refusal) when (refusal is System.Text.Json.JsonException or ApiException or InvalidOperationException)
            {
                // As the reflector expects.
            }
        }

        Assert.That(read, Is.GreaterThan(100));
    }

    private static string RealPod() => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Watching", "pod.json"));

    private static bool IsWatch(string path) => path.Contains("watch=true", StringComparison.Ordinal);

    private static string Pod(string name) =>
        $$"""{"metadata":{"name":"{{name}}","namespace":"n","uid":"{{Uid[..^4]}}{{Math.Abs(name.GetHashCode(StringComparison.Ordinal) % 9000) + 1000}}","resourceVersion":"3"} }""";

    private static string List(string version, params string[] items) => List(version, items, null);

    private static string List(string version, string[] items, string? next) =>
        $$"""{"kind":"PodList","metadata":{"resourceVersion":"{{version}}"{{(next is null ? "" : $",\"continue\":\"{next}\"")}} },"items":[{{string.Join(',', items)}}]}""";

    // A watch on which nothing happens.
    private static async Task WaitAsync(Stream stream, CancellationToken cancellationToken)
    {
        await ScriptedServer.BeginAsync(stream);
        await Task.Delay(Timeout.Infinite, cancellationToken);
    }

    /// <summary>One pod, "a", and a watch that says this and then waits.</summary>
    private static ScriptedServer Watched(string text) => new(async (path, stream, token) =>
    {
        if (!IsWatch(path))
        {
            await ScriptedServer.WriteAsync(stream, 200, List("1", Pod("a")));
            return;
        }

        await ScriptedServer.BeginAsync(stream);
        await ScriptedServer.WriteTextAsync(stream, text);
        await Task.Delay(Timeout.Infinite, token);
    });

    private Reflector<Pod> Reflector(ApiConnection connection, WatchOptions? options = null) =>
        new(connection, PodReader.Pods(), _pods, options ?? Quick, TimeProvider.System, _log);
}
