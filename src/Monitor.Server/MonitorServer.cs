using Google.Protobuf.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Monitor.Events;
using Monitor.V1;

namespace Monitor.Server;

/// <summary>What agent and aggregator host: the services of the contract over an event log, as gRPC and as REST.</summary>
public static class MonitorServer
{
    /// <summary>
    /// Makes the application. Start it with <c>StartAsync</c>, which throws <see cref="ListenException"/> where it
    /// cannot listen on an address; it ends with <c>StopAsync</c>, or by itself on SIGTERM and Ctrl-C under
    /// <c>WaitForShutdownAsync</c>, within <see cref="MonitorServerOptions.StopGrace"/> twice. Dispose of it then.
    /// </summary>
    /// <param name="options">What it is and where it listens; not to be changed afterwards.</param>
    /// <param name="log">The events. The caller disposes of it, after the application.</param>
    /// <param name="programs">The programs that the events come from.</param>
    /// <param name="loggers">Where it logs; the caller disposes of it. Null: to standard error, as
    /// <see cref="ServerLogging"/> does.</param>
    /// <param name="agents">The agents of an aggregator. Null on an agent.</param>
    /// <param name="health">Parts of health that the server does not know itself. A part that is not healthy makes the whole
    /// degraded. Called for each request, on any thread. Null: no such parts.</param>
    /// <param name="reviewer">Knows the tokens of service accounts; needed where the options accept them.</param>
    /// <param name="tls">The certificate that the options name, where the program uses it for more; the caller disposes of
    /// it. Null: the server reads it.</param>
    /// <param name="connections">The open connections. Null: they cannot be listed.</param>
    /// <param name="metrics">What the user's own monitors count. Null: nothing.</param>
    /// <param name="archive">Where the events are kept beyond the log. Null: nowhere.</param>
    /// <param name="history">How the history is that the log has. Null: it has none.</param>
    /// <exception cref="AccessException">A certificate, key, authority or list of readers cannot be used.</exception>
    public static WebApplication Build(
        MonitorServerOptions options,
        EventLog log,
        IProgramDirectory programs,
        ILoggerFactory? loggers = null,
        IAgentDirectory? agents = null,
        Func<IEnumerable<HealthPart>>? health = null,
        ITokenReviewer? reviewer = null,
        TlsIdentity? tls = null,
        IConnectionDirectory? connections = null,
        IMetricDirectory? metrics = null,
        IEventArchive? archive = null,
        Func<HistoryStatus>? history = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(log);
        ArgumentNullException.ThrowIfNull(programs);

        // The empty builder reads no variables and no files: what is configured is what is in the options.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions
        {
            ApplicationName = $"monitor-{options.Component}",
        });
        if (loggers is null)
        {
            ServerLogging.Configure(builder.Logging, options.LogLevel);
        }
        else
        {
            builder.Services.AddSingleton(loggers);
        }

        builder.Services.AddSingleton(options);
        builder.Services.AddSingleton(options.Time);
        builder.Services.AddSingleton(log);
        builder.Services.AddSingleton(programs);
        builder.Services.AddSingleton(new AgentsReader(agents, options));
        builder.Services.AddSingleton(new ConnectionSource(connections));
        builder.Services.AddSingleton(new MetricSource(metrics));
        builder.Services.AddSingleton(new ArchiveSource(archive));
        builder.Services.AddSingleton(new HistoryReader(history));
        builder.Services.AddSingleton(health ?? (static () => []));
        AccessSetup.AddServices(builder.Services, options, reviewer, tls);
        AddServices(builder.Services, options);
        RestSetup.AddServices(builder.Services, options);
        AddHosting(builder, options);

        var app = builder.Build();
        // Now, and not with the first connection: a file that cannot be used ends the start.
        AccessSetup.Load(app.Services);
        Map(app);
        return app;
    }

    private static void AddServices(IServiceCollection services, MonitorServerOptions options)
    {
        services.AddSingleton<LimitCounters>();
        services.AddSingleton<ClientLimits>();
        services.AddSingleton<ConnectionLimits>();
        services.AddHostedService<BadRequestCounter>();
        services.AddSingleton<StopSignal>();
        services.AddSingleton<Subscribers>();
        services.AddSingleton<DemandTracker>();
        services.AddHostedService(provider => provider.GetRequiredService<DemandTracker>());
        services.AddHttpContextAccessor();
        services.AddSingleton<QueryCores>();
        services.AddSingleton<ClockOrder>();
        services.AddSingleton<ArchivedQueries>();
        services.AddSingleton<EventLister>();
        services.AddSingleton<EventGrouper>();
        services.AddSingleton<EventSummarizer>();
        services.AddSingleton<EventExplainer>();
        services.AddSingleton<FlowLister>();
        services.AddSingleton<EventExporter>();
        services.AddSingleton<ParquetPlaces>();
        services.AddSingleton<FieldChecker>();
        services.AddSingleton<RateSampler>();
        services.AddHostedService(provider => provider.GetRequiredService<RateSampler>());
        services.AddSingleton<ProgramReader>();
        services.AddSingleton<HealthReader>();
        services.AddSingleton<StatsReader>();
        MetricsSetup.AddServices(services);
        // One instance of each for all calls: they have no state of their own.
        services.AddSingleton<EventRpcs>();
        services.AddSingleton<ConnectionRpcs>();
        services.AddSingleton<ExplainRpcs>();
        services.AddSingleton<ExportRpcs>();
        services.AddSingleton<FlowRpcs>();
        services.AddSingleton<MonitorRpcs>();
        services.AddSingleton<ProgramRpcs>();
        services.AddSingleton<StatusRpcs>();
        services
            .AddGrpc(grpc =>
            {
                // Its routes for them take POST of any path of two segments, so that another method's 405 becomes a 404.
                grpc.IgnoreUnknownServices = true;
                grpc.Interceptors.Add<ClientGoneInterceptor>();
                grpc.MaxReceiveMessageSize = options.MaxRequestBodyBytes;
            })
            .AddJsonTranscoding(transcoding =>
            {
                // As the protobuf JSON mapping has it: beyond 2^53, which nanoseconds since boot reach after 104 days,
                // JSON readers round numbers.
                transcoding.JsonSettings.WriteInt64sAsStrings = true;
                // So that the details of errors are shown for what they are.
                transcoding.TypeRegistry = TypeRegistry.FromFiles(Google.Rpc.ErrorDetailsReflection.Descriptor);
            });
        services.AddGrpcReflection();
        AddHealth(services, options);
    }

    /// <summary>grpc.health.v1, by what /health says. The server works as a whole or not at all, so its services are
    /// mapped to the same check.</summary>
    private static void AddHealth(IServiceCollection services, MonitorServerOptions options)
    {
        services
            .AddGrpcHealthChecks(health =>
            {
                foreach (var service in ContractServices.All)
                {
                    health.Services.Map(service.FullName, static _ => true);
                }
            })
            .AddCheck<ServerHealthCheck>(ServerHealthCheck.Name);
        services.Configure<HealthCheckPublisherOptions>(publisher =>
        {
            publisher.Delay = options.HealthInterval;
            publisher.Period = options.HealthInterval;
        });
    }

    private static void AddHosting(WebApplicationBuilder builder, MonitorServerOptions options)
    {
        var endPoints = new ServerEndPoints(options);
        var sockets = new ListenSockets(options);
        builder.Services.AddSingleton(endPoints);
        builder.Services.Configure<SocketTransportOptions>(transport => transport.CreateBoundListenSocket = sockets.Create);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = 2 * options.StopGrace);
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(kestrel => KestrelSetup.Configure(
            kestrel,
            options,
            endPoints,
            kestrel.ApplicationServices.GetService<TlsIdentity>(),
            kestrel.ApplicationServices.GetRequiredService<Refusals>(),
            kestrel.ApplicationServices.GetRequiredService<ConnectionLimits>()));
    }

    private static void Map(WebApplication app)
    {
        // In the order in which a request meets them.
        app.UseMiddleware<OpenRequests>();
        app.UseMiddleware<HeadRequests>();
        app.UseMiddleware<ErrorBodies>();
        app.UseMiddleware<RequestLimit>();
        app.UseMiddleware<OptionsRequests>();
        app.UseMiddleware<UnknownGrpcServices>();
        app.UseRouting();
        MetricsSetup.Use(app);
        RestSetup.Use(app);
        app.UseMiddleware<PortGuard>();
        app.UseMiddleware<AccessGuard>();
        app.UseMiddleware<CallLimit>();
        app.UseMiddleware<StrictRequests>();
        app.Use(HeadRequests.AnswerStreams);
        app.MapGrpcService<EventRpcs>();
        app.MapGrpcService<ConnectionRpcs>();
        app.MapGrpcService<ExplainRpcs>();
        app.MapGrpcService<ExportRpcs>();
        app.MapGrpcService<FlowRpcs>();
        app.MapGrpcService<MonitorRpcs>();
        app.MapGrpcService<ProgramRpcs>();
        app.MapGrpcService<StatusRpcs>();
        app.MapGrpcReflectionService();
        app.MapGrpcHealthChecksService();
        app.MapOpenApiPages();
        app.MapMetricsPage();
        app.MapStartPage();
    }
}
