using System.Net.Security;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Monitor.SimulatedAgents.Hosting;
using Monitor.SimulatedAgents.Producing;
using Monitor.SimulatedAgents.Services;

namespace Monitor.SimulatedAgents;

/// <summary>
/// Agents that see no kernel: each has a port on 127.0.0.1, a node name, a log and the services that an aggregator needs,
/// and makes up its events. They share one web server and one thread that produces, so that a process can hold thousands.
/// </summary>
public sealed class SimulatedCluster : IAsyncDisposable
{
    private readonly WebApplication _server;
    private readonly AgentConnections _connections;
    private readonly SimulatedAgentOptions _options;
    private readonly Producer _producer = new();
    private readonly Lock _lock = new();
    private readonly List<SimulatedAgent> _agents = [];

    private SimulatedCluster(WebApplication server, AgentConnections connections, SimulatedAgentOptions options)
    {
        _server = server;
        _connections = connections;
        _options = options;
    }

    /// <summary>Those that were added and not removed, in that order. A copy.</summary>
    public IReadOnlyList<SimulatedAgent> Agents
    {
        get
        {
            lock (_lock)
            {
                return [.. _agents];
            }
        }
    }

    /// <summary>Starts the web server; there are no agents yet.</summary>
    /// <param name="options">What the agents have in common; null for the defaults.</param>
    /// <param name="loggers">Where the web server logs; null for nowhere.</param>
    public static async Task<SimulatedCluster> StartAsync(
        SimulatedAgentOptions? options = null, ILoggerFactory? loggers = null)
    {
        options ??= new SimulatedAgentOptions();
        var connections = new AgentConnections();
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "simulated-agents" });
        if (loggers is not null)
        {
            builder.Services.AddSingleton(loggers);
        }

        builder.Services.AddSingleton(options);
        builder.Services.AddSingleton<SimulatedEvents>();
        builder.Services.AddSingleton<SimulatedPrograms>();
        builder.Services.AddSingleton<SimulatedStatus>();
        builder.Services.AddRouting();
        builder.Services.AddGrpc();
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            // As the agent has it; see KestrelSetup of Monitor.Server.
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Limits.MaxResponseBufferSize = 64 << 10;
            kestrel.Listen(AgentConnections.EndPoint, listen =>
            {
                listen.Protocols = HttpProtocols.Http2;
                if (options.Certificate is { } certificate)
                {
                    // As the agent has it; see TlsListener of Monitor.Server.
                    listen.UseHttps(new TlsHandshakeCallbackOptions
                    {
                        OnConnection = _ => ValueTask.FromResult(new SslServerAuthenticationOptions
                        {
                            ServerCertificate = certificate,
                            ClientCertificateRequired = true,
#pragma warning disable CA5359 // It has no secrets.
                            RemoteCertificateValidationCallback = (_, _, _, _) => true,
#pragma warning restore CA5359
                        }),
                    });
                }
            });
        });
        // The last one that is registered is the one that is asked.
        builder.Services.AddSingleton<IConnectionListenerFactory>(connections);

        var server = builder.Build();
        server.UseRouting();
        server.MapGrpcService<SimulatedEvents>();
        server.MapGrpcService<SimulatedPrograms>();
        server.MapGrpcService<SimulatedStatus>();
        await server.StartAsync();
        return new SimulatedCluster(server, connections, options);
    }

    /// <summary>Adds an agent that listens on a free port and produces nothing yet.</summary>
    public SimulatedAgent Add(string nodeName)
    {
        var agent = new SimulatedAgent(nodeName, _options, _connections);
        lock (_lock)
        {
            _agents.Add(agent);
            _producer.Set(_agents);
        }

        agent.Listen();
        return agent;
    }

    /// <summary>Ends an agent for good; its log is gone.</summary>
    public void Remove(SimulatedAgent agent)
    {
        ArgumentNullException.ThrowIfNull(agent);
        lock (_lock)
        {
            _agents.Remove(agent);
            _producer.Set(_agents);
        }

        agent.Dispose();
    }

    /// <summary>Ends all agents and the web server.</summary>
    public async ValueTask DisposeAsync()
    {
        _producer.Dispose();
        foreach (var agent in Agents)
        {
            Remove(agent);
        }

        await _server.DisposeAsync();
    }
}
