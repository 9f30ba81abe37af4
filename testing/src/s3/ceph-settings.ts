/** Where the parts of a Ceph cluster of one machine listen and keep what they need. */
export interface CephPlace {
  readonly folder: string
  readonly clusterId: string
  readonly monitorPorts: readonly [v2: number, v1: number]
  readonly gatewayPort: number
}

const storeBytes = 1024 ** 3

/** The `ceph.conf` of a monitor, one store in memory and an S3 gateway, all on loopback, with nothing replicated. */
export function cephSettings({ folder, clusterId, monitorPorts, gatewayPort }: CephPlace): string {
  const [v2, v1] = monitorPorts
  return `[global]
fsid = ${clusterId}
mon_host = [v2:127.0.0.1:${v2},v1:127.0.0.1:${v1}]
mon_initial_members = a
auth_cluster_required = none
auth_service_required = none
auth_client_required = none
auth_supported = none
public_addr = 127.0.0.1
cluster_addr = 127.0.0.1
ms_bind_ipv4 = true
ms_bind_ipv6 = false
mon_allow_pool_size_one = true
mon_warn_on_pool_no_redundancy = false
mon_data_avail_warn = 0
mon_data_avail_crit = 0
mon_max_pg_per_osd = 1000
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 1
osd_pool_default_pgp_num = 1
osd_pool_default_pg_autoscale_mode = off
osd_crush_chooseleaf_type = 0
osd_objectstore = memstore
osd_class_load_list = *
osd_class_default_list = *
memstore_device_bytes = ${storeBytes}
paxos_propose_interval = 0.05
paxos_min_wait = 0.01
admin_socket = ${folder}/$name.asok
log_file = ${folder}/$name.log
pid_file =
run_dir = ${folder}
mon_data = ${folder}/monitor
osd_data = ${folder}/store
rgw_data = ${folder}/gateway
[client.rgw.a]
rgw_frontends = beast endpoint=127.0.0.1:${gatewayPort} tcp_nodelay=1
rgw_thread_pool_size = 64
rgw_dns_name = localhost
ms_mon_client_mode = crc
rgw_enable_usage_log = false
rgw_enable_ops_log = false
`
}
