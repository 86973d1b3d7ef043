namespace Kubernetes.Tests;

/// <summary>What the service accounts of the chart may do, as the API server sees it: what is listed here and nothing else.</summary>
internal sealed class AccessTests
{
    private const string Namespace = "access-test";

    [OneTimeSetUp]
    public async Task InstallAsync() => (await Cluster.HelmAsync(
        // Nothing runs: no agent has a node, and the aggregator no replica.
        "install", "monitor", ChartTests.Chart, "--namespace", Namespace, "--create-namespace",
        "--set", "fullnameOverride=monitor,agent.nodeSelector.none=any,aggregator.replicas=0")).Succeeded();

    [OneTimeTearDown]
    public async Task UninstallAsync()
    {
        await Cluster.HelmAsync("uninstall", "monitor", "--namespace", Namespace);
        await Cluster.KubectlAsync("delete", "namespace", Namespace);
    }

    [TestCase("agent", "list", "pods")]
    [TestCase("agent", "watch", "pods")]
    [TestCase("aggregator", "list", "pods")]
    [TestCase("aggregator", "watch", "pods")]
    [TestCase("aggregator", "list", "services")]
    [TestCase("aggregator", "watch", "services")]
    [TestCase("aggregator", "list", "nodes")]
    [TestCase("aggregator", "watch", "nodes")]
    public async Task Account_WhatItNeeds_IsAllowedInEveryNamespace(string component, string verb, string resource)
    {
        Assert.That(await MayAsync(component, verb, resource, "--all-namespaces"), Is.EqualTo("yes"));
    }

    [TestCase("list")]
    [TestCase("watch")]
    public async Task Aggregator_EndpointSlices_AreAllowedInItsNamespaceAlone(string verb)
    {
        const string Slices = "endpointslices.discovery.k8s.io";

        Assert.That(await MayAsync("aggregator", verb, Slices, "--namespace", Namespace), Is.EqualTo("yes"));
        Assert.That(await MayAsync("aggregator", verb, Slices, "--namespace", "default"), Is.EqualTo("no"));
    }

    [TestCase("tokenreviews.authentication.k8s.io")]
    [TestCase("subjectaccessreviews.authorization.k8s.io")]
    public async Task Aggregator_QuestionsAboutReaders_AreAllowed(string resource)
    {
        Assert.That(await MayAsync("aggregator", "create", resource), Is.EqualTo("yes"));
        Assert.That(await MayAsync("agent", "create", resource), Is.EqualTo("no"));
    }

    [TestCase("agent", "list", "secrets")]
    [TestCase("agent", "get", "pods")]
    [TestCase("agent", "list", "services")]
    [TestCase("agent", "list", "nodes")]
    [TestCase("agent", "create", "pods/exec")]
    [TestCase("aggregator", "list", "secrets")]
    [TestCase("aggregator", "list", "configmaps")]
    [TestCase("aggregator", "get", "nodes/proxy")]
    [TestCase("aggregator", "delete", "pods")]
    public async Task Account_WhatItDoesNotNeed_IsRefused(string component, string verb, string resource)
    {
        Assert.That(await MayAsync(component, verb, resource, "--namespace", Namespace), Is.EqualTo("no"));
    }

    // Beyond what every account may ask about itself and about the API.
    [TestCase("agent", "pods[list,watch]")]
    [TestCase("aggregator", "endpointslices.discovery.k8s.io[list,watch] nodes[list,watch] pods[list,watch] services[list,watch] subjectaccessreviews.authorization.k8s.io[create] tokenreviews.authentication.k8s.io[create]")]
    public async Task Account_AllItsRights_AreThese(string component, string rights)
    {
        var list = (await Cluster.KubectlAsync("auth", "can-i", "--list", "--no-headers", "--namespace", Namespace, Account(component))).Succeeded();

        var own = list.Split('\n').Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(columns => columns[0][0] != '[' && !columns[0].StartsWith("selfsubject", StringComparison.Ordinal))
            .Select(columns => $"{columns[0]}[{columns.SkipWhile(column => column[0] != '[').Skip(2).Aggregate("", (all, verb) => $"{all},{verb.Trim('[', ']')}").TrimStart(',')}]")
            .Order(StringComparer.Ordinal);
        Assert.That(string.Join(' ', own), Is.EqualTo(rights));
    }

    private static string Account(string component) => $"--as=system:serviceaccount:{Namespace}:monitor-{component}";

    // kubectl's exit code is 1 for no.
    private static async Task<string> MayAsync(string component, string verb, string resource, params string[] where) =>
        (await Cluster.KubectlAsync(["auth", "can-i", verb, resource, Account(component), .. where])).Output;
}
