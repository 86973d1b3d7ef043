namespace Kubernetes.Tests;

/// <summary>What the chart renders, and which values it refuses.</summary>
internal sealed class ChartTests
{
    public const string Chart = "deploy/helm/network-monitor";

    [Test]
    public async Task Lint_Strict_FindsNothing()
    {
        var lint = await Cluster.HelmAsync("lint", "--strict", Chart);

        Assert.That(lint.ExitCode, Is.Zero, lint.Output + lint.Error);
    }

    [TestCase("1.20.0", "false", true)]
    [TestCase("1.35.0", "false", true)]
    [TestCase("1.35.0", "true", false)]
    public async Task Template_Probes_AreByHttpsUnlessInsecure(string version, string insecure, bool https)
    {
        var rendered = await RenderAsync("--kube-version", version, "--set", $"insecure={insecure}");

        Assert.That(Occurrences(rendered, "httpGet:"), Is.EqualTo(6));
        Assert.That(Occurrences(rendered, "scheme: HTTPS"), Is.EqualTo(https ? 6 : 0));
    }

    [Test]
    public async Task Template_ByDefault_HasNoListenerWithoutTlsAndReaders()
    {
        var rendered = await RenderAsync("--no-hooks");

        foreach (var setting in new[] { "--tls-certificate=", "--tls-key=", "--tls-authority=" })
        {
            Assert.That(Occurrences(rendered, setting), Is.EqualTo(2), setting);
        }

        Assert.That(rendered, Does.Not.Contain("--insecure"));
        Assert.That(rendered, Does.Contain("--aggregator-name=test-network-monitor-aggregator.monitor.svc")
            .And.Contain("--agent-name=test-network-monitor-agent.monitor.svc").And.Contain("--service-account-readers"));
    }

    [Test]
    public async Task Template_Metrics_AreBehindSwitches([Values("false", "true")] string on)
    {
        var rendered = await RenderAsync(
            "--set", $"metrics.open={on},metrics.scrapeAnnotations={on},metrics.rules.enabled={on},metrics.dashboards.enabled={on}");

        var times = on == "true" ? 1 : 0;
        Assert.That(Occurrences(rendered, "kind: PrometheusRule"), Is.EqualTo(times));
        Assert.That(Occurrences(rendered, "alert: NetworkMonitorLosesEvents"), Is.EqualTo(times));
        Assert.That(Occurrences(rendered, "grafana_dashboard: "), Is.EqualTo(4 * times));
        Assert.That(Occurrences(rendered, "prometheus.io/scrape: \"true\""), Is.EqualTo(2 * times));
        Assert.That(Occurrences(rendered, "--open=health,metrics"), Is.EqualTo(2 * times));
    }

    [Test]
    public async Task Template_History_IsBehindASwitchOnItsVolume([Values("false", "true")] string on)
    {
        var rendered = await RenderAsync("--set", $"aggregator.history.enabled={on},aggregator.history.size=20GiB,aggregator.history.age=30d");

        var times = on == "true" ? 1 : 0;
        Assert.That(Occurrences(rendered, "- --history=/var/lib/network-monitor/history\n"), Is.EqualTo(times));
        Assert.That(Occurrences(rendered, "- --history-size=20GiB\n"), Is.EqualTo(times));
        Assert.That(Occurrences(rendered, "- --history-age=30d\n"), Is.EqualTo(times));
        Assert.That(Occurrences(rendered, "mountPath: /var/lib/network-monitor\n"), Is.EqualTo(times));
        Assert.That(Occurrences(rendered, "sizeLimit: 11Gi\n"), Is.EqualTo(times));
        Assert.That(rendered, Does.Not.Contain("type: Recreate"));
    }

    [Test]
    public async Task Template_HistoryOnAClaim_IsOfOneAggregatorAtATime()
    {
        const string Claim = "aggregator.history.enabled=true,aggregator.history.volume.emptyDir=null,aggregator.history.volume.persistentVolumeClaim.claimName=week";
        var rendered = await RenderAsync("--set", Claim);
        var refused = await TemplateAsync("--set", $"{Claim},aggregator.replicas=2");

        Assert.That(Occurrences(rendered, "claimName: week\n"), Is.EqualTo(1));
        Assert.That(Occurrences(rendered, "type: Recreate\n"), Is.EqualTo(1));
        Assert.That(refused.ExitCode, Is.Not.Zero);
        Assert.That(refused.Error, Does.Contain("aggregator.replicas to 1"));
    }

    [Test]
    public async Task Template_ClickHouse_IsBehindASwitchWithItsSecret([Values] bool on)
    {
        var rendered = await RenderAsync(
            "--set", $"clickhouse.url={(on ? "https://monitor@clickhouse.db.svc/monitor" : "")},clickhouse.passwordSecret=archive,clickhouse.passwordKey=key,clickhouse.authorityConfigMap=authority");

        var times = on ? 1 : 0;
        Assert.That(Occurrences(rendered, "\"--clickhouse=https://monitor@clickhouse.db.svc/monitor\""), Is.EqualTo(times));
        Assert.That(Occurrences(rendered, "--clickhouse-password-file=/clickhouse/key"), Is.EqualTo(times));
        Assert.That(Occurrences(rendered, "mountPath: /clickhouse,"), Is.EqualTo(times));
        Assert.That(Occurrences(rendered, "secretName: archive"), Is.EqualTo(times));
        Assert.That(Occurrences(rendered, "--clickhouse-authority=/clickhouse-authority/ca.crt"), Is.EqualTo(times));
        Assert.That(Occurrences(rendered, "mountPath: /clickhouse-authority"), Is.EqualTo(times));
        Assert.That(Occurrences(rendered, "name: authority\n"), Is.EqualTo(times));
        Assert.That(Occurrences(rendered, "port: 8443"), Is.EqualTo(times));
    }

    [TestCase("http://clickhouse/monitor", 8123)]
    [TestCase("http://monitor@clickhouse:9123/monitor", 9123)]
    public async Task Template_ClickHouse_MayBeReached(string url, int port)
    {
        var rendered = await RenderAsync("--show-only", "templates/networkpolicy.yaml", "--set", $"insecure=true,clickhouse.url={url}");

        Assert.That(Occurrences(rendered, $"{{protocol: TCP, port: {port}}}"), Is.EqualTo(1));
    }

    [Test]
    public async Task Template_WithSecrets_NeedsTheirNames()
    {
        var refused = await TemplateAsync("--set", "tls.source=secrets,tls.agentSecret=a");

        Assert.That(refused.ExitCode, Is.Not.Zero);
        Assert.That(refused.Error, Does.Contain("tls.aggregatorSecret is needed"));
    }

    [TestCase("1.20.0", "policy/v1beta1")]
    [TestCase("1.21.0", "policy/v1")]
    public async Task Template_OfVersion_HasADisruptionBudgetOfIts(string version, string api)
    {
        Assert.That(await RenderAsync("--kube-version", version, "--show-only", "templates/poddisruptionbudget.yaml"),
            Does.Contain($"apiVersion: {api}\n"));
    }

    [Test]
    public async Task Template_OfTooOldAVersion_IsRefused()
    {
        var refused = await TemplateAsync("--kube-version", "1.19.0");

        Assert.That(refused.ExitCode, Is.Not.Zero);
        Assert.That(refused.Error, Does.Contain("1.20"));
    }

    [TestCase("agent.nosuch=1", "nosuch")]
    [TestCase("agnt.settings.retention=1MiB", "agnt")]
    [TestCase("agent.oldestKernel=3.10", "oldestKernel")]
    [TestCase("agent.seccompProfile.type=None", "seccompProfile")]
    [TestCase("agent.settings.retention=lots", "retention")]
    [TestCase("agent.settings.http=*:80", "http")]
    [TestCase("agent.settings.exclude-port={0}", "exclude-port")]
    [TestCase("agent.image.digest=sha256:12", "digest")]
    [TestCase("agent.image.pullPolicy=Sometimes", "pullPolicy")]
    [TestCase("agent.cgroupPath=cgroup", "cgroupPath")]
    [TestCase("aggregator.replicas=-1", "replicas")]
    [TestCase("aggregator.service.type=Loadbalancer", "service")]
    [TestCase("aggregator.settings.agents-dns=x:1", "agents-dns")]
    [TestCase("aggregator.ingress.enabled=true", "hosts")]
    [TestCase("agent.settings.tls-key=/x", "tls-key")]
    [TestCase("aggregator.settings.insecure=true", "insecure")]
    [TestCase("agent.monitors.folder=/x", "folder")]
    [TestCase("agent.monitors.configMap=Mine", "configMap")]
    [TestCase("agent.monitors.files.exec=AAAA", "exec")]
    [TestCase(@"agent.monitors.files.exec\.bpf\.o=no base64", "files")]
    [TestCase("agent.monitors.image.pullPolicy=Sometimes", "pullPolicy")]
    [TestCase("agent.monitors.allow={kill -9}", "allow")]
    [TestCase("agent.settings.monitors-folder=/x", "monitors-folder")]
    [TestCase("agent.settings.monitors-attach=gate.on_packet=eth0", "monitors-attach")]
    [TestCase("tls.source=vault", "source")]
    [TestCase("clickhouse.url=http://user:password@clickhouse:8123/monitor", "url")]
    [TestCase("aggregator.settings.clickhouse=http://clickhouse:8123/monitor", "clickhouse")]
    [TestCase("aggregator.history.age=a week", "age")]
    [TestCase("aggregator.history.size=much", "size")]
    [TestCase("aggregator.settings.history=/tmp", "history")]
    [TestCase("tls.days=0", "days")]
    [TestCase("networkPolicy.apiServerPorts={70000}", "apiServerPorts")]
    [TestCase("serviceMonitor.interval=often", "interval")]
    public async Task Template_WithAnInvalidValue_IsRefusedByTheSchema(string value, string named)
    {
        var refused = await TemplateAsync("--set", value);

        Assert.That(refused.ExitCode, Is.Not.Zero);
        Assert.That(refused.Error, Does.Contain("schema").And.Contain(named));
    }

    [TestCase("5.11", false, "[BPF,PERFMON,NET_ADMIN,IPC_LOCK,SYSLOG,SYS_NICE]")]
    [TestCase("5.8", false, "[BPF,PERFMON,SYS_RESOURCE,NET_ADMIN,IPC_LOCK,SYSLOG,SYS_NICE]")]
    [TestCase("4.18", false, "[SYS_ADMIN,SYS_RESOURCE,NET_ADMIN,IPC_LOCK,SYSLOG,SYS_NICE]")]
    [TestCase("5.11", true, "[BPF,PERFMON,SYS_ADMIN,NET_ADMIN,IPC_LOCK,SYSLOG,SYS_NICE]")]
    [TestCase("5.11", null, "[BPF,PERFMON,NET_ADMIN,IPC_LOCK,SYSLOG,SYS_NICE]")]
    [TestCase("4.18", true, "[SYS_ADMIN,SYS_RESOURCE,NET_ADMIN,IPC_LOCK,SYSLOG,SYS_NICE]")]
    public async Task Agent_ForAKernel_HasExactlyItsCapabilities(string kernel, bool? restrictedPerfEvents, string capabilities)
    {
        var agent = await RenderAsync(
            "--show-only", "templates/agent-daemonset.yaml", "--set-string", $"agent.oldestKernel={kernel}",
            "--set", $"agent.restrictedPerfEvents={restrictedPerfEvents switch { true => "true", false => "false", null => "auto" }}");

        var added = agent.Split('\n').SkipWhile(line => line.Trim() != "add:").Skip(1)
            .TakeWhile(line => line.Trim().StartsWith("- ", StringComparison.Ordinal))
            .Select(line => line.Trim()[2..].Split(" #")[0]);
        Assert.That($"[{string.Join(',', added)}]", Is.EqualTo(capabilities));
        Assert.That(agent, Does.Contain("drop: [ALL]"));
    }

    [Test]
    public async Task Template_WithEverything_HasNoPrivilegedContainer()
    {
        var rendered = await EverythingAsync();

        Assert.That(rendered, Does.Not.Contain("privileged: true").And.Not.Contain("allowPrivilegeEscalation: true")
            .And.Not.Contain("hostNetwork: true").And.Not.Contain("readOnlyRootFilesystem: false"));
    }

    [Test]
    public async Task Template_WithEverything_HasEveryKind()
    {
        var kinds = (await EverythingAsync()).Split('\n').Where(line => line.StartsWith("kind: ", StringComparison.Ordinal))
            .Select(line => line[6..]).Distinct();

        Assert.That(kinds, Is.EquivalentTo(new[]
        {
            "ClusterRole", "ClusterRoleBinding", "DaemonSet", "Deployment", "Ingress", "NetworkPolicy", "Pod", "PodDisruptionBudget",
            "PriorityClass", "Role", "RoleBinding", "Secret", "Service", "ServiceAccount", "ServiceMonitor",
        }));
    }

    [Test]
    public async Task Settings_OfEveryType_AreArguments()
    {
        var agent = await RenderAsync("--show-only", "templates/agent-daemonset.yaml", "--set",
            "agent.settings.exclude-port={53,123},agent.settings.rate-limit=1000000,agent.settings.include-self=true");

        Assert.That(agent, Does.Contain("\"--exclude-port=53,123\"").And.Contain("\"--rate-limit=1000000\"").And.Contain("\"--include-self\""));
    }

    [Test]
    public async Task Template_WithCertManager_AsksForACertificateOfEach()
    {
        var own = await RenderAsync("--set", "tls.source=cert-manager");
        var given = await RenderAsync("--set", "tls.source=cert-manager,tls.issuerRef.name=corporate,tls.issuerRef.kind=ClusterIssuer");

        Assert.That((Occurrences(own, "kind: Certificate\n"), Occurrences(own, "kind: Secret\n")), Is.EqualTo((3, 0)));
        Assert.That(Occurrences(given, "kind: Certificate\n"), Is.EqualTo(2));
        Assert.That(given, Does.Contain("name: corporate").And.Not.Contain("selfSigned"));
    }

    [Test]
    public async Task Monitors_ByDefault_AreNotLoadedAndNothingIsMountedForThem() =>
        Assert.That(await RenderAsync(), Does.Not.Contain("monitors").And.Not.Contain("/sys/kernel/tracing"));

    [Test]
    public async Task Monitors_OfAConfigMap_AreMountedReadOnlyWithTheKeyAndTracefs()
    {
        var agent = await RenderAsync(
            "--show-only", "templates/agent-daemonset.yaml", "--set", "agent.monitors.configMap=mine,agent.monitors.keySecret=keys",
            "--set", "agent.monitors.allow={send_signal,verdicts},agent.settings.monitors-rate-limit=100");

        Assert.That(agent, Does.Contain("--monitors-folder=/monitors\n").And.Contain("\"--monitors-key=/monitors-key/monitors.pub\"")
            .And.Contain("\"--monitors-allow=send_signal,verdicts\"").And.Contain("\"--monitors-rate-limit=100\""));
        Assert.That(agent, Does.Contain("{name: monitors, mountPath: /monitors, readOnly: true}")
            .And.Contain("{name: monitors-key, mountPath: /monitors-key, readOnly: true}")
            .And.Contain("{name: tracing, mountPath: /sys/kernel/tracing, readOnly: true}")
            .And.Contain("    name: mine\n").And.Contain("secretName: keys\n"));
    }

    [Test]
    public async Task Monitors_OfFiles_AreAConfigMapOfTheChart()
    {
        var rendered = await RenderAsync("--set", @"agent.monitors.files.exec\.bpf\.o=f0VM,agent.monitors.files.exec\.bpf\.o\.minisig=AAAA");

        Assert.That(rendered, Does.Contain("kind: ConfigMap\n").And.Contain("  exec.bpf.o: \"f0VM\"\n").And.Contain("  exec.bpf.o.minisig: \"AAAA\"\n"));
        Assert.That(Occurrences(rendered, "name: test-network-monitor-monitors\n"), Is.EqualTo(2));
    }

    [Test]
    public async Task Monitors_OfAnImage_NeedAKubernetesWithImageVolumes()
    {
        string[] image = ["--set", "agent.monitors.image.reference=registry.test/monitors:1"];
        var refused = await TemplateAsync([.. image, "--kube-version", "1.30.0"]);

        Assert.That(await RenderAsync([.. image, "--kube-version", "1.31.0"]), Does.Contain("reference: registry.test/monitors:1\n"));
        Assert.That(refused.ExitCode, Is.Not.Zero);
        Assert.That(refused.Error, Does.Contain("needs Kubernetes 1.31"));
    }

    [Test]
    public async Task Monitors_OfTwoSources_AreRefused()
    {
        var refused = await TemplateAsync("--set", @"agent.monitors.configMap=mine,agent.monitors.files.exec\.bpf\.o=f0VM");

        Assert.That(refused.ExitCode, Is.Not.Zero);
        Assert.That(refused.Error, Does.Contain("agent.monitors has configMap and files"));
    }

    private static int Occurrences(string text, string of) => text.Split(of).Length - 1;

    private static Task<Finished> TemplateAsync(params string[] arguments) =>
        Cluster.HelmAsync(["template", "test", Chart, "--namespace", "monitor", .. arguments]);

    private static async Task<string> RenderAsync(params string[] arguments) => (await TemplateAsync(arguments)).Succeeded();

    private static Task<string> EverythingAsync() => RenderAsync("--set",
        "serviceMonitor.enabled=true,aggregator.ingress.enabled=true,aggregator.ingress.hosts[0].host=monitor.test");
}
